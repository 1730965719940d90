//! `tessera account set-role`.

use anyhow::{Context, bail};
use auth_core::Realm;
use clap::Args;
use permissions::RoleName;
use serde_json::json;

use super::{Who, show};
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain};
use crate::options::Common;

/// Give an account another role of its realm, or none. Its live tokens follow.
#[derive(Debug, Args)]
pub struct SetRole {
    #[command(flatten)]
    who: Who,
    /// The name of the role.
    #[arg(long, value_name = "NAME", required_unless_present = "none", conflicts_with = "none")]
    role: Option<String>,
    /// Take its role away.
    #[arg(long)]
    none: bool,
}

impl SetRole {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.who.find(admin).await?;
            if let Some(role) = &self.role {
                refuse_unknown(admin, &account.realm, role).await?;
            }
            if !admin
                .accounts()
                .set_role(account.subject, self.role.as_deref(), admin.now())
                .await?
            {
                bail!("account {} is gone: somebody has removed it", account.subject);
            }
            let role = self
                .role
                .as_deref()
                .map_or("no role".into(), |role| format!("the role {}", plain(role)));
            let line = format!("account {} has {role} now", show::named(&account));
            Ok(Report::new(line, json!({ "id": account.subject.0, "role": self.role })))
        })
    }
}

/// Refuses a role that its realm does not have: it would grant nothing, without a word.
pub async fn refuse_unknown(admin: &Admin, realm: &Realm, role: &str) -> anyhow::Result<()> {
    let name = RoleName::parse(role);
    let name =
        name.with_context(|| format!("--role {role:?}: a role's name is 1 to 64 characters, none of control"))?;
    if admin.roles().find(realm, name.as_str()).await?.is_none() {
        bail!("the realm {realm} has no role {role:?}: make it with `tessera role put --realm {realm} --name NAME`");
    }
    Ok(())
}
