//! `tessera account set-attributes`.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{AccountSelector, attributes, show};
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Replace all attributes of an account, which its dialect prints.
#[derive(Debug, Args)]
pub struct SetAttributes {
    #[command(flatten)]
    account: AccountSelector,
    /// A JSON object, or @FILE with one.
    #[arg(long, value_name = "JSON|@FILE")]
    attributes: String,
}

impl SetAttributes {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.account.find_to_change(admin).await?;
            if account.realm.organisation().is_some() {
                bail!(
                    "account {} is a client: its consumer sets its attributes",
                    account.subject
                );
            }
            let attributes = attributes::read(Some(&self.attributes))?;
            attributes::check(&attributes, &account.realm, &admin.config)?;
            let accounts = admin.accounts();
            if !patiently(async || accounts.set_attributes(account.subject, &attributes).await).await? {
                bail!("account {} has been deleted in the meantime", account.subject);
            }
            let line = format!("account {}: attributes changed", show::describe(&account));
            Ok(Report::new(
                line,
                json!({ "id": account.subject.0, "attributes": attributes }),
            ))
        })
    }
}
