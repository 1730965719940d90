//! `tessera account set-role`.

use anyhow::{Context, bail};
use auth_core::Realm;
use clap::Args;
use permissions::RoleName;
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
                check_exists(admin, &account.realm, role).await?;
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

/// Refuses a role that the realm does not have, because it would silently grant nothing.
pub async fn check_exists(admin: &Admin, realm: &Realm, role: &str) -> anyhow::Result<()> {
    let name = RoleName::parse(role);
    let name = name.with_context(|| format!("--role {role:?} is not the name of a role"))?;
    if admin.roles().find(realm, name.as_str()).await?.is_none() {
        bail!("the realm {realm} has no role {role:?}: create it with `tessera role put --realm {realm} --name NAME`");
    }
    Ok(())
}
