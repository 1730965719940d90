//! `tessera account`.

mod add;
mod attributes;
mod password;
mod role;
mod show;
mod state;
mod who;

use clap::{Args, Subcommand};

pub use show::named;
pub use who::{Who, find_named, login_of, realm_of};

/// People who sign in with a password, and clients of organisations.
#[derive(Debug, Args)]
pub struct Account {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(add::Add),
    Show(show::Show),
    SetPassword(password::SetPassword),
    SetRole(role::SetRole),
    Disable(state::Disable),
    Enable(state::Enable),
}

impl Account {
    pub fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Add(action) => action.run(),
            Action::Show(action) => action.run(),
            Action::SetPassword(action) => action.run(),
            Action::SetRole(action) => action.run(),
            Action::Disable(action) => action.run(),
            Action::Enable(action) => action.run(),
        }
    }
}
