//! `tessera operator disable` and `enable`.

use clap::Args;
use serde_json::json;

use super::{Login, describe};
use crate::acts::operator::{self, LastOwner};
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Disable an operator. The operator cannot sign in, and the sessions are ended on every node.
#[derive(Debug, Args)]
pub(super) struct Disable {
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    yes: Yes,
}

/// Enable an operator, who has to sign in again.
#[derive(Debug, Args)]
pub(super) struct Enable {
    #[command(flatten)]
    login: Login,
}

#[derive(Debug, Args)]
pub(super) struct Yes {
    /// Do it to the last enabled owner, too.
    #[arg(long)]
    yes: bool,
}

impl Yes {
    pub(super) fn last_owner(&self) -> LastOwner {
        match self.yes {
            true => LastOwner::MayGo,
            false => LastOwner::Stays,
        }
    }
}

impl Disable {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.login, true, self.yes.last_owner())
    }
}

impl Enable {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        set(common, &self.login, false, LastOwner::Stays)
    }
}

fn set(common: &Common, login: &Login, disabled: bool, last: LastOwner) -> anyhow::Result<()> {
    Admin::run(common, async |admin| {
        let found = login.find(admin).await?;
        operator::set_disabled(&admin.stores(), &found, disabled, last, admin.now()).await?;
        let state = if disabled {
            "disabled; the sessions are ended"
        } else {
            "enabled"
        };
        let line = format!("operator {} is {state}", describe(&found));
        Ok(Report::new(
            line,
            json!({ "id": found.subject.0, "disabled": disabled }),
        ))
    })
}
