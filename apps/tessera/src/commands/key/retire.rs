//! `tessera key retire`.

use anyhow::{Context, anyhow, bail};
use clap::Args;
use keystore::{KeyPurpose, KeyringError, RetireWhen, StoredKey};
use serde_json::json;

use super::{keyring, rotate};
use crate::cli::Common;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::config::Flavour;
use crate::jwt_keys::purpose_of;

/// Retire a key that another has replaced: once the last token it may have signed has ended, or at once.
#[derive(Debug, Args)]
pub struct Retire {
    /// The key's name, as `key list` shows it.
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    kid: String,
    /// At once: what it has signed ends.
    #[arg(long)]
    now: bool,
}

impl Retire {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let keyring = keyring::open(admin).await?;
            let all = admin.store.keys().keys().await?;
            let key = all.into_iter().find(|key| key.name == self.kid);
            let key = key.with_context(|| format!("there is no key {}: see `tessera key list`", self.kid))?;
            let retired = match flavour_of(admin, &key.purpose) {
                Some(flavour) => {
                    let retired = keyring.retire(&self.kid, self.when(flavour)).await;
                    retired.map_err(|error| with_advice(error, flavour))?
                }
                // No flavour is of its name and algorithm: nothing signs or verifies with it.
                None if self.now => keyring.retire_unused(&self.kid).await?,
                None => bail!(
                    "the key {} is for {}, which no flavour is any more: --now",
                    self.kid,
                    key.purpose
                ),
            };
            Ok(report(&retired))
        })
    }

    fn when(&self, flavour: &Flavour) -> RetireWhen {
        match self.now {
            true => RetireWhen::Now,
            false => RetireWhen::AfterLastToken(rotate::longest_life(flavour)),
        }
    }
}

fn flavour_of<'a>(admin: &'a Admin, purpose: &KeyPurpose) -> Option<&'a Flavour> {
    let mut signing = admin.config.flavours.iter().filter(|flavour| keyring::signs(flavour));
    signing.find(|flavour| purpose_of(flavour).is_ok_and(|its| its == *purpose))
}

fn with_advice(error: KeyringError, flavour: &Flavour) -> anyhow::Error {
    match error {
        KeyringError::NoSuccessor { .. } => {
            anyhow!(
                "{error}: make one first with `tessera key rotate --flavour {}`",
                flavour.name
            )
        }
        error => error.into(),
    }
}

fn report(key: &StoredKey) -> Report {
    let end = key.retires_at.map(time);
    let text = format!(
        "the key {} of {} verifies until {}",
        key.name,
        key.purpose,
        end.as_deref().unwrap_or("-")
    );
    Report::new(text, json!({ "kid": key.name, "retires_at": end }))
}
