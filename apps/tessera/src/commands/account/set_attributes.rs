//! `tessera account set-attributes`.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{Who, attributes, show};
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Replace what an account's dialect says about it, as a whole.
#[derive(Debug, Args)]
pub struct SetAttributes {
    #[command(flatten)]
    who: Who,
    /// A JSON object, or @FILE with one.
    #[arg(long, value_name = "JSON|@FILE")]
    attributes: String,
}

impl SetAttributes {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.who.find(admin).await?;
            if account.realm.organisation().is_some() {
                bail!(
                    "account {} is a client: what is said of it came with it",
                    account.subject
                );
            }
            let attributes = attributes::read(Some(&self.attributes))?;
            attributes::refuse_lacking(&attributes, &account.realm, &admin.config)?;
            if !admin.accounts().set_attributes(account.subject, &attributes).await? {
                bail!("account {} is gone: somebody has removed it", account.subject);
            }
            let line = format!("account {} has other attributes", show::named(&account));
            Ok(Report::new(
                line,
                json!({ "id": account.subject.0, "attributes": attributes }),
            ))
        })
    }
}
