//! `tessera token revoke`.

use anyhow::bail;
use auth_core::TokenId;
use clap::Args;
use consumer_auth::ClientsOf;
use serde_json::json;

use super::{Owner, revoke_all, revoke_clients};
use crate::acts;
use crate::commands::account::describe;
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
use crate::commands::report::Report;
use crate::options::Common;

/// Revoke a token or session with everything that belongs to it, or all tokens of an account, of an organisation's
/// clients, or all tokens. Every server refuses them within a second.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The token's number, as `token list` shows it.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["realm", "login", "account", "organisation", "all"])]
    id: Option<i64>,
    #[command(flatten)]
    owner: Owner,
    /// All tokens of all clients of this organisation. Its partners get new ones with their next call.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["realm", "login", "account", "all"])]
    organisation: Option<i64>,
    /// Every token of every account, and every signing key: after a backup was restored, or keys were stolen.
    #[arg(long, conflicts_with_all = ["realm", "login", "account"])]
    all: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// What `--all` does.
const ALL: &str =
    "every token of every account is revoked and every signing key retires, so that all users have to sign in again";

impl Revoke {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        if self.all {
            self.confirmation.ask(common, ALL)?;
        } else if let Some(id) = self.organisation {
            let what = format!("all tokens of all clients of organisation {id} are revoked");
            self.confirmation.ask(common, &what)?;
        }
        Admin::run(common, async |admin| match (self.id, self.organisation) {
            (Some(id), _) => one(admin, TokenId(id)).await,
            (None, Some(organisation)) => of_organisation(admin, organisation).await,
            (None, None) if self.all => revoke_all::run(admin).await,
            (None, None) if self.owner.is_given() => of_account(admin, &self.owner).await,
            (None, None) => bail!("say what to revoke: --id, --account, --realm and --login, --organisation, or --all"),
        })
    }
}

async fn one(admin: &Admin, id: TokenId) -> anyhow::Result<Report> {
    acts::session::end(&admin.stores(), id, admin.now()).await?;
    Ok(Report::new(format!("token {id} is revoked"), json!({ "id": id.0 })))
}

async fn of_organisation(admin: &Admin, id: i64) -> anyhow::Result<Report> {
    let clients = revoke_clients(admin, &ClientsOf::Organisation(id)).await?;
    if clients == 0 {
        bail!("there are no clients of an organisation {id}: nothing was revoked");
    }
    let line = format!("all tokens of the {clients} clients of organisation {id} are revoked");
    Ok(Report::new(line, json!({ "organisation": id, "clients": clients })))
}

async fn of_account(admin: &Admin, owner: &Owner) -> anyhow::Result<Report> {
    let account = owner.find(admin).await?;
    acts::account::end_sessions(&admin.stores(), &account, admin.now()).await?;
    let line = format!("all tokens of account {} are revoked", describe(&account));
    Ok(Report::new(line, json!({ "account": account.subject.0 })))
}
