//! `tessera data`.

mod copy;
mod ends;
mod export;
mod finish;
mod import;
mod progress;

use clap::{Args, Subcommand};

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
