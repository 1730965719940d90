//! `tessera key retire`.

use anyhow::{Context, bail};
use clap::Args;
use keystore::{KeyPurpose, Keyring, KeyringError, RetireWhen, StoredKey};
use serde_json::json;

use super::signing_flavour::{SigningFlavour, open_keyring};
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::{Report, time};
use crate::options::Common;

/// Retire a key that another has replaced: after the last token that it may have signed has expired, or at once.
#[derive(Debug, Args)]
pub struct Retire {
    /// The key's name, as `key list` shows it.
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    kid: String,
    /// Retire it at once: every token it has signed is refused.
    #[arg(long)]
    now: bool,
}

impl Retire {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let keyring = open_keyring(admin).await?;
            let purpose = self.purpose(&keyring).await?;
            let signing = SigningFlavour::all(admin)?;
            let key = match signing.iter().find(|signing| signing.purpose == purpose) {
                Some(signing) => self.replaced(&keyring, signing).await?,
                None if self.now => patiently(async || keyring.retire_unused(&self.kid).await).await?,
                None => bail!(
                    "no flavour in these settings uses {purpose}, the purpose of {}; a server that does would have no key left. \
                     Retire it anyway with --now",
                    self.kid
                ),
            };
            let retires_at = key.retires_at.context("a retired key has an end")?;
            let end = match key.is_revoked() {
                true => "no longer verifies".to_owned(),
                false => format!("verifies until {}", time(retires_at)),
            };
            let text = format!("the key {} of {purpose} {end}", self.kid);
            Ok(Report::new(
                text,
                json!({ "kid": self.kid, "retires_at": time(retires_at) }),
            ))
        })
    }

    async fn purpose(&self, keyring: &Keyring) -> anyhow::Result<KeyPurpose> {
        let keys = keyring.list().await?;
        let found = keys.into_iter().find(|listed| listed.key.name == self.kid);
        let found = found.with_context(|| format!("there is no key {}: see `tessera key list`", self.kid))?;
        Ok(found.key.purpose)
    }

    async fn replaced(&self, keyring: &Keyring, signing: &SigningFlavour<'_>) -> anyhow::Result<StoredKey> {
        let when = match self.now {
            true => RetireWhen::Now,
            false => RetireWhen::AfterLastToken(signing.longest_life()),
        };
        let retired = patiently(async || keyring.retire(&self.kid, when).await).await;
        let rotate = format!("`tessera key rotate --flavour {}`", signing.name);
        match retired {
            Err(error @ KeyringError::NoSuccessor { .. }) => {
                bail!("{error}: make one first with {rotate}")
            }
            Err(error @ KeyringError::LastSigner { .. }) => {
                bail!("{error}: make one first with {rotate}, or wait until the next one signs (`tessera key list`)")
            }
            retired => Ok(retired?),
        }
    }
}
