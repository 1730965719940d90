//! `tessera account set-role`.

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{AccountSelector, show};
use crate::acts;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain};
use crate::options::Common;

/// Change an account's role, or remove it. The permissions of its active tokens follow.
#[derive(Debug, Args)]
pub struct SetRole {
    #[command(flatten)]
    account: AccountSelector,
    /// The name of the role. The realm must have it.
    #[arg(long, value_name = "NAME", required_unless_present = "none", conflicts_with = "none")]
    role: Option<String>,
    /// Remove its role.
    #[arg(long)]
    none: bool,
}

impl SetRole {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.account.find_to_change(admin).await?;
            if let Some(role) = &self.role {
                let checked = acts::role::check_exists(&admin.stores(), &account.realm, role).await;
                checked.context("--role")?;
            }
            acts::account::set_role(&admin.stores(), &account, self.role.as_deref(), admin.now()).await?;
            let change = match &self.role {
                Some(role) => format!("role changed to {}", plain(role)),
                None => "role removed".into(),
            };
            let line = format!("account {}: {change}", show::describe(&account));
            Ok(Report::new(line, json!({ "id": account.subject.0, "role": self.role })))
        })
    }
}
