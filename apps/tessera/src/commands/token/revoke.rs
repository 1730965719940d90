//! `tessera token revoke`.

use anyhow::bail;
use auth_core::TokenId;
use clap::Args;
use serde_json::json;

use super::{Owner, revoke_all};
use crate::commands::account::describe;
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Revoke a token or session with everything that belongs to it, or all tokens of an account, or all tokens. Every
/// server refuses them within a second.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The token's number, as `token list` shows it.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["realm", "login", "account", "all"])]
    id: Option<i64>,
    #[command(flatten)]
    owner: Owner,
    /// Every token of every account, and every signing key: after a backup was restored, or keys were stolen.
    #[arg(long, conflicts_with_all = ["realm", "login", "account"])]
    all: bool,
}

impl Revoke {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| match self.id {
            Some(id) => one(admin, TokenId(id)).await,
            None if self.all => revoke_all::run(admin).await,
            None if self.owner.is_given() => of_account(admin, &self.owner).await,
            None => bail!("say what to revoke: --id, --account, --realm and --login, or --all"),
        })
    }
}

async fn one(admin: &Admin, id: TokenId) -> anyhow::Result<Report> {
    let tokens = admin.store.tokens();
    if !patiently(async || tokens.revoke(id, admin.now()).await).await? {
        bail!("there is no active token {id}: `tessera token list` shows an account's");
    }
    Ok(Report::new(format!("token {id} is revoked"), json!({ "id": id.0 })))
}

async fn of_account(admin: &Admin, owner: &Owner) -> anyhow::Result<Report> {
    let account = owner.find(admin).await?;
    let tokens = admin.token_admin();
    if !patiently(async || tokens.end_sessions(account.subject, admin.now()).await).await? {
        bail!(
            "account {} not found: it has been deleted in the meantime",
            account.subject
        );
    }
    let line = format!("all tokens of account {} are revoked", describe(&account));
    Ok(Report::new(line, json!({ "account": account.subject.0 })))
}
