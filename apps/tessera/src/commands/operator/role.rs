//! `tessera operator set-role`.

use clap::Args;
use serde_json::json;

use super::state::Yes;
use super::{Login, describe, role};
use crate::acts::operator;
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::operators::OperatorRole;
use crate::options::Common;

/// Give an operator another role. It counts from the operator's next request on, before which the operator signs in again.
#[derive(Debug, Args)]
pub(super) struct SetRole {
    #[command(flatten)]
    login: Login,
    /// What the operator may do: viewer (see), operator (act on accounts, sessions and partners), owner (everything).
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: OperatorRole,
    #[command(flatten)]
    yes: Yes,
}

impl SetRole {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let found = self.login.find(admin).await?;
            operator::set_role(&admin.stores(), &found, self.role, self.yes.last_owner(), admin.now()).await?;
            let line = format!("operator {}: role changed to {}", describe(&found), self.role);
            Ok(Report::new(
                line,
                json!({ "id": found.subject.0, "role": self.role.as_str() }),
            ))
        })
    }
}
