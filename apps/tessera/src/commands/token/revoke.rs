//! `tessera token revoke`.

use anyhow::bail;
use auth_core::TokenId;
use clap::Args;
use serde_json::json;

use super::Owner;
use crate::cli::Common;
use crate::commands::account::named;
use crate::commands::admin::Admin;
use crate::commands::report::Report;

/// End a token or session with all that belongs to it, or everything an account holds, or everything there is. Every
/// server hears of it within a second.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The token's number, as `token list` shows it.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["realm", "login", "account", "all"])]
    id: Option<i64>,
    #[command(flatten)]
    owner: Owner,
    /// Everything of everybody: after a backup was restored, or keys were lost.
    #[arg(long, conflicts_with_all = ["realm", "login", "account"])]
    all: bool,
    #[command(flatten)]
    common: Common,
}

impl Revoke {
    pub fn run(self) -> anyhow::Result<()> {
        Admin::run(&self.common, async |admin| match self.id {
            Some(id) => one(admin, TokenId(id)).await,
            None if self.all => everything(admin).await,
            None if self.owner.is_given() => of_account(admin, &self.owner).await,
            None => bail!("say what to revoke: --id, --account, --realm and --login, or --all"),
        })
    }
}

async fn one(admin: &Admin, id: TokenId) -> anyhow::Result<Report> {
    if !admin.store.tokens().revoke(id, admin.now()).await? {
        bail!("there is no live token {id}: `tessera token list` shows an account's");
    }
    Ok(Report::new(format!("token {id} has ended"), json!({ "id": id.0 })))
}

async fn of_account(admin: &Admin, owner: &Owner) -> anyhow::Result<Report> {
    let account = owner.find(admin).await?;
    if !admin.directory().end_sessions(account.subject, admin.now()).await? {
        bail!("account {} is gone: somebody has removed it", account.subject);
    }
    let line = format!("all tokens of account {} have ended", named(&account));
    Ok(Report::new(line, json!({ "account": account.subject.0 })))
}

async fn everything(admin: &Admin) -> anyhow::Result<Report> {
    let ended = admin.directory().end_all_sessions(admin.now()).await?;
    Ok(Report::new(
        format!("{ended} records have ended"),
        json!({ "ended": ended }),
    ))
}
