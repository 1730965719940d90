//! `tessera account disable` and `enable`.

use clap::Args;
use serde_json::json;

use super::{AccountSelector, show};
use crate::acts;
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Disable an account. It cannot sign in, and its tokens are revoked on every node; they stay revoked when it is enabled.
#[derive(Debug, Args)]
pub struct Disable {
    #[command(flatten)]
    account: AccountSelector,
}

/// Enable an account. It has to sign in again: its existing tokens stay revoked.
#[derive(Debug, Args)]
pub struct Enable {
    #[command(flatten)]
    account: AccountSelector,
}

impl Disable {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.account, true)
    }
}

impl Enable {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.account, false)
    }
}

fn set(common: &Common, selector: &AccountSelector, disabled: bool) -> anyhow::Result<()> {
    Admin::run(common, async |admin| {
        let account = selector.find_to_change(admin).await?;
        acts::account::set_disabled(&admin.stores(), &account, disabled, admin.now()).await?;
        let state = if disabled {
            "disabled; its tokens are revoked"
        } else {
            "enabled; existing tokens stay revoked"
        };
        let line = format!("account {} is {state}", show::describe(&account));
        Ok(Report::new(
            line,
            json!({ "id": account.subject.0, "disabled": disabled }),
        ))
    })
}
