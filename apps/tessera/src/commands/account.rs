//! `tessera account`.

mod add;
pub(super) mod attributes;
mod fold_names;
mod list;
mod password;
mod role;
mod selector;
mod set_attributes;
mod show;
mod state;

use clap::{Args, Subcommand};

use crate::options::Common;

pub use fold_names::outdated as outdated_names;
pub use password::SOURCE;
pub use selector::{AccountSelector, find_by_login, parse_login, parse_realm, refuse_operators};
pub use show::describe;

/// Accounts: people who sign in with a password, and the clients of organisations.
#[derive(Debug, Args)]
pub struct Account {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(add::Add),
    List(list::List),
    Show(show::Show),
    SetPassword(password::SetPassword),
    SetRole(role::SetRole),
    SetAttributes(set_attributes::SetAttributes),
    Disable(state::Disable),
    Enable(state::Enable),
    FoldNames(fold_names::FoldNames),
}

impl Account {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::Add(action) => action.run(common),
            Action::List(action) => action.run(common),
            Action::Show(action) => action.run(common),
            Action::SetPassword(action) => action.run(common),
            Action::SetRole(action) => action.run(common),
            Action::SetAttributes(action) => action.run(common),
            Action::Disable(action) => action.run(common),
            Action::Enable(action) => action.run(common),
            Action::FoldNames(action) => action.run(common),
        }
    }
}
