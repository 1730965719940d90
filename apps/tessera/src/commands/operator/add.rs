//! `tessera operator add`.

use clap::Args;

use super::{Login, as_json, describe, role};
use crate::acts::operator;
use crate::commands::account::SOURCE;
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::report::Report;
use crate::operators::OperatorRole;
use crate::options::Common;

/// Create an operator. The password is read from the terminal or from standard input.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    login: Login,
    /// What the operator may do: viewer (see), operator (act on accounts, sessions and partners), owner (everything).
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: OperatorRole,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Add {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let password = input::new_password(self.password_stdin)?;
            let (new, from) = ((self.login.login.as_str(), self.role), (admin.now(), SOURCE));
            let made = operator::add(&admin.stores(), &admin.password_setter()?, new, &password, from).await?;
            let line = format!("operator {} created, with the role {}", describe(&made), self.role);
            Ok(Report::new(line, as_json(&made)))
        })
    }
}
