//! `tessera master-key`.

mod change;
mod list;
mod replace;
mod retire;
mod rotate;

use clap::{Args, Subcommand};

use crate::options::Common;

/// The master keys that open the database: list, rotate, retire and replace them.
#[derive(Debug, Args)]
pub struct MasterKey {
    #[command(subcommand)]
    action: Action,
}

/// The name of the master key of a database from before root keys. It has no other.
const FIRST: &str = "first";

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Rotate(rotate::Rotate),
    Retire(retire::Retire),
    Replace(replace::Replace),
}

impl MasterKey {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(action) => action.run(common),
            Action::Rotate(action) => action.run(common),
            Action::Retire(action) => action.run(common),
            Action::Replace(action) => action.run(common),
        }
    }
}
