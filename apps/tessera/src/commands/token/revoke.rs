//! `tessera token revoke`.

use std::collections::BTreeSet;

use anyhow::bail;
use auth_core::TokenId;
use clap::Args;
use keystore::{KeyFormat, KeyPurpose, Keyring, KeyringError};
use serde_json::json;

use super::Owner;
use crate::cli::Common;
use crate::commands::account::named;
use crate::commands::admin::Admin;
use crate::commands::key;
use crate::commands::report::Report;
use crate::config::Config;
use crate::jwt_keys::{JwtKeyFormat, purpose_of};

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
    let line = format!("all tokens of account {} have ended", named(&account));
    Ok(Report::new(line, json!({ "account": account.subject.0 })))
}

/// Records, and what is signed: a signed token is accepted without its record, so that its key has to go as well.
async fn everything(admin: &Admin) -> anyhow::Result<Report> {
    let keyring = key::open(admin).await?;
    let ended = admin.directory().end_all_sessions(admin.now()).await?;
    let keys = replace_keys(&keyring, &admin.config).await?;
    let report = json!({
        "ended": ended,
        "keys_retired": keys.retired,
        "flavours_to_import_keys_for": keys.to_import,
        "unused_keys_retired": keys.unused.len(),
        "unused_keys_were_for": keys.unused_purposes(),
    });
    Ok(Report::new(
        format!("{ended} tokens and sessions have ended, {}", keys.sentence()),
        report,
    ))
}

/// What has become of the signing keys.
struct ReplacedKeys {
    retired: usize,
    /// The flavours that have no key that signs until one is imported.
    to_import: Vec<String>,
    /// What the keys were for that no flavour in the settings uses, one entry for each key.
    unused: Vec<KeyPurpose>,
}

/// Retires every key in the store, and makes another for each flavour in the settings whose keys can be made here.
async fn replace_keys(keyring: &Keyring, config: &Config) -> anyhow::Result<ReplacedKeys> {
    let (mut new, mut used, mut to_import) = (Vec::new(), Vec::new(), Vec::new());
    for flavour in config.flavours.iter().filter(|flavour| key::signs(flavour)) {
        let (format, purpose) = (JwtKeyFormat::of(flavour), purpose_of(flavour)?);
        match format.is_import_only() {
            true => to_import.push(flavour.name.clone()),
            false => new.push((purpose.clone(), format.generate()?)),
        }
        used.push(purpose);
    }
    let retired = match keyring.replace_all(&new).await {
        Ok(replaced) => replaced.retired,
        Err(KeyringError::NothingToReplace) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let purposes = retired.iter().map(|key| key.purpose.clone());
    Ok(ReplacedKeys {
        retired: retired.len(),
        to_import,
        unused: purposes.filter(|purpose| !used.contains(purpose)).collect(),
    })
}

impl ReplacedKeys {
    fn sentence(&self) -> String {
        let mut text = match self.retired {
            0 => "and there was no signing key to retire".to_owned(),
            count => format!("and {count} signing keys have retired"),
        };
        if !self.to_import.is_empty() {
            text.push_str("; no key signs until one is imported (`tessera key import`) for ");
            text.push_str(&self.to_import.join(", "));
        }
        if !self.unused.is_empty() {
            let (count, purposes) = (self.unused.len(), self.unused_purposes().join(", "));
            text.push_str(&format!(
                "; {count} of them have no successor, since these settings do not name their flavours: {purposes}"
            ));
        }
        text
    }

    fn unused_purposes(&self) -> Vec<&str> {
        let purposes: BTreeSet<&str> = self.unused.iter().map(KeyPurpose::as_str).collect();
        purposes.into_iter().collect()
    }
}
