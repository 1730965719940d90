//! `tessera operator set-password`.

use clap::Args;
use serde_json::json;

use super::{Login, describe};
use crate::acts::operator;
use crate::commands::account::SOURCE;
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::report::Report;
use crate::options::Common;

/// Set an operator's password. The new one is read from the terminal or from standard input. Ends the operator's sessions.
#[derive(Debug, Args)]
pub(super) struct SetPassword {
    #[command(flatten)]
    login: Login,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl SetPassword {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let found = self.login.find(admin).await?;
            let password = input::new_password(self.password_stdin)?;
            operator::set_password(&admin.password_setter()?, &found, &password, SOURCE).await?;
            let line = format!(
                "operator {}: password changed; the sessions are ended",
                describe(&found)
            );
            Ok(Report::new(
                line,
                json!({ "id": found.subject.0, "sessions_ended": true }),
            ))
        })
    }
}
