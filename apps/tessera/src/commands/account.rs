//! `tessera account`.

mod add;
mod attributes;
mod password;
mod role;
mod set_attributes;
mod show;
mod state;
mod who;

use clap::{Args, Subcommand};

use crate::options::Common;

pub use show::named;
pub use who::{Who, find_named, login_of, realm_of};

/// People who sign in with a password, and clients of organisations.
#[derive(Debug, Args)]
pub struct Account {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(add::Add),
    Show(show::Show),
    SetPassword(password::SetPassword),
    SetRole(role::SetRole),
    SetAttributes(set_attributes::SetAttributes),
    Disable(state::Disable),
    Enable(state::Enable),
}

impl Account {
    pub fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Add(action) => action.run(&self.common),
            Action::Show(action) => action.run(&self.common),
            Action::SetPassword(action) => action.run(&self.common),
            Action::SetRole(action) => action.run(&self.common),
            Action::SetAttributes(action) => action.run(&self.common),
            Action::Disable(action) => action.run(&self.common),
            Action::Enable(action) => action.run(&self.common),
        }
    }
}
