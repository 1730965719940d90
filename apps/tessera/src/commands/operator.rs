//! `tessera operator`.

mod add;
mod list;
mod password;
mod role;
mod state;

use anyhow::Context;
use auth_core::Account;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::admin::Admin;
use super::report::{plain, time};
use crate::acts::operator;
use crate::operators::OperatorRole;
use crate::options::Common;

/// Operators: people who administer the server, in the console. Their roles are viewer, operator and owner.
#[derive(Debug, Args)]
pub struct Operator {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(add::Add),
    List(list::List),
    SetRole(role::SetRole),
    SetPassword(password::SetPassword),
    Disable(state::Disable),
    Enable(state::Enable),
}

impl Operator {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::Add(action) => action.run(common),
            Action::List(action) => action.run(common),
            Action::SetRole(action) => action.run(common),
            Action::SetPassword(action) => action.run(common),
            Action::Disable(action) => action.run(common),
            Action::Enable(action) => action.run(common),
        }
    }
}

#[derive(Debug, Args)]
struct Login {
    /// The operator's login name, such as an e-mail address.
    #[arg(long, value_name = "LOGIN")]
    login: String,
}

impl Login {
    async fn find(&self, admin: &Admin) -> anyhow::Result<Account> {
        operator::find(&admin.stores(), &self.login).await
    }
}

/// Reads the name of a role.
fn role(name: &str) -> anyhow::Result<OperatorRole> {
    OperatorRole::parse(name).context("allowed are viewer, operator and owner")
}

fn as_json(operator: &Account) -> Value {
    json!({
        "id": operator.subject.0,
        "login": operator.login,
        "role": operator.role,
        "disabled": operator.disabled,
        "created_at": time(operator.created_at),
    })
}

/// An operator in a sentence: the login name and the account's number.
fn describe(operator: &Account) -> String {
    format!("{} (account {})", plain(&operator.login), operator.subject)
}
