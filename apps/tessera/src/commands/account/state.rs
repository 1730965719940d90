//! `tessera account disable` and `enable`.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{Who, show};
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Bar an account from everything, at once on every node. What it held stays dead when it is readmitted.
#[derive(Debug, Args)]
pub struct Disable {
    #[command(flatten)]
    who: Who,
}

/// Readmit an account. It signs in anew: what it held before stays dead.
#[derive(Debug, Args)]
pub struct Enable {
    #[command(flatten)]
    who: Who,
}

impl Disable {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.who, true)
    }
}

impl Enable {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.who, false)
    }
}

fn set(common: &Common, who: &Who, disabled: bool) -> anyhow::Result<()> {
    Admin::run(common, async |admin| {
        let account = who.find(admin).await?;
        if !admin
            .accounts()
            .set_disabled(account.subject, disabled, admin.now())
            .await?
        {
            bail!("account {} is gone: somebody has removed it", account.subject);
        }
        let state = if disabled {
            "disabled; its tokens have ended"
        } else {
            "enabled; it has to sign in anew"
        };
        let line = format!("account {} is {state}", show::named(&account));
        Ok(Report::new(
            line,
            json!({ "id": account.subject.0, "disabled": disabled }),
        ))
    })
}
