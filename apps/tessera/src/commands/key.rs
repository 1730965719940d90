//! `tessera key`.

mod export;
mod import;
mod list;
mod retire;
mod ring;
mod rotate;

use clap::{Args, Subcommand};

use crate::options::Common;

pub use ring::{Ring, signs};
pub use rotate::end_at_once;

/// The keys that signed tokens are signed with. Running servers follow within 2 seconds.
#[derive(Debug, Args)]
pub struct Key {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Rotate(rotate::Rotate),
    Retire(retire::Retire),
    Import(import::Import),
    ExportPublic(export::ExportPublic),
}

impl Key {
    pub fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::List(action) => action.run(&self.common),
            Action::Rotate(action) => action.run(&self.common),
            Action::Retire(action) => action.run(&self.common),
            Action::Import(action) => action.run(&self.common),
            Action::ExportPublic(action) => action.run(&self.common),
        }
    }
}
