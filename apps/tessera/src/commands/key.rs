//! `tessera key`.

mod accept;
mod export;
mod import;
mod list;
mod retire;
mod rotate;
mod signing_flavour;

use clap::{Args, Subcommand};

use crate::options::Common;

pub use signing_flavour::{all_signing, open_keyring};

/// The keys that signed tokens are signed with. Running servers use changes within a second.
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Rotate(rotate::Rotate),
    Retire(retire::Retire),
    Import(import::Import),
    Accept(accept::Accept),
    ExportPublic(export::ExportPublic),
}

impl Key {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(action) => action.run(common),
            Action::Rotate(action) => action.run(common),
            Action::Retire(action) => action.run(common),
            Action::Import(action) => action.run(common),
            Action::Accept(action) => action.run(common),
            Action::ExportPublic(action) => action.run(common),
        }
    }
}
