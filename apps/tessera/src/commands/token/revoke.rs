//! `tessera token revoke`.

use anyhow::bail;
use auth_core::TokenId;
use clap::Args;
use serde_json::json;

use super::Owner;
use crate::commands::account::describe;
use crate::commands::admin::Admin;
use crate::commands::key::{Ring, end_at_once};
use crate::commands::report::Report;
use crate::options::Common;

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
}

impl Revoke {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| match self.id {
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
    let line = format!("all tokens of account {} have ended", describe(&account));
    Ok(Report::new(line, json!({ "account": account.subject.0 })))
}

/// Records, and what is signed: a signed token is accepted without its record, so that its key has to go as well.
async fn everything(admin: &Admin) -> anyhow::Result<Report> {
    let ring = Ring::open(admin).await?;
    let ended = admin.directory().end_all_sessions(admin.now()).await?;
    let left = end_at_once(&ring, &admin.config.flavours).await?;
    let mut text = format!("{ended} tokens and sessions have ended, and every signing key was replaced");
    if !left.is_empty() {
        let names = left.join(", ");
        text.push_str(&format!(
            ", but for {names}: end their signed tokens with `tessera key import --emergency` and a new RSA key"
        ));
    }
    Ok(Report::new(
        text,
        json!({ "ended": ended, "flavours_to_import_keys_for": left }),
    ))
}
