//! `tessera data`.

mod copy;
mod ends;
mod export;
mod finish;
mod import;
mod progress;

use clap::{Args, Subcommand};

pub(super) use ends::End;
pub(super) use finish::{complete, go_on_with_audit, key_of, opened};
pub(super) use progress::Bar;

use super::report::Report;
use super::{change_log, runtime};
use crate::options::Common;

/// Move everything: from one database into another, or through a file. Stop the servers of the source first.
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Copy(copy::Copy),
    Export(export::Export),
    Import(import::Import),
}

impl Data {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::Copy(action) => action.run(common),
            Action::Export(action) => action.run(common),
            Action::Import(action) => action.run(common),
        }
    }
}

/// Runs an action on databases of its own, logs what it changed, and prints its report.
pub(super) fn run(common: &Common, action: impl AsyncFnOnce() -> anyhow::Result<Report>) -> anyhow::Result<()> {
    let by = change_log::provenance(common);
    let outcome = runtime()?.block_on(by.scope(action()));
    change_log::finish(common, outcome)
}
