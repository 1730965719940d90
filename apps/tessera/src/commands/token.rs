//! `tessera token`.

mod list;
mod revoke;
pub(super) mod revoke_all;
mod revoke_clients;

use anyhow::{Context, bail};
use auth_core::{Account, Subject};
use clap::{Args, Subcommand};

use crate::options::Common;

use super::account::find_by_login;
use super::admin::Admin;

pub use revoke_clients::revoke_clients;

/// Active tokens and sessions.
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Revoke(revoke::Revoke),
}

impl Token {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(action) => action.run(common),
            Action::Revoke(action) => action.run(common),
        }
    }
}

/// The options that select the owner of the tokens.
#[derive(Debug, Args)]
struct Owner {
    /// The owner's realm; `org:171` for the clients of organisation 171.
    #[arg(long, value_name = "REALM", requires = "login", conflicts_with = "account")]
    realm: Option<String>,
    /// The owner's login name or alias in the realm.
    #[arg(long, value_name = "LOGIN", requires = "realm")]
    login: Option<String>,
    /// The owner's number, instead of realm and login.
    #[arg(long, value_name = "NUMBER")]
    account: Option<i64>,
}

impl Owner {
    async fn find(&self, admin: &Admin) -> anyhow::Result<Account> {
        match (&self.realm, &self.login, self.account) {
            (Some(realm), Some(login), _) => find_by_login(admin, realm, login).await,
            (_, _, Some(number)) => {
                let found = admin.accounts().find(Subject(number)).await?;
                found.with_context(|| format!("there is no account {number}: find it with `tessera account show`"))
            }
            _ => bail!("no owner is selected: give --realm and --login, or --account"),
        }
    }

    fn is_given(&self) -> bool {
        self.login.is_some() || self.account.is_some()
    }
}
