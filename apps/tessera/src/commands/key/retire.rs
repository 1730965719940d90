//! `tessera key retire`.

use anyhow::{Context, bail};
use auth_core::Timestamp;
use clap::Args;
use serde_json::json;
use store_diesel::StoredKey;

use super::ring::{self, Ring};
use super::rotate;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::config::Flavour;
use crate::keys::Purpose;
use crate::options::Common;

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
            let ring = Ring::open(admin).await?;
            let all = admin.store.vault().keys().await?;
            let key = all.into_iter().find(|key| key.name == self.kid);
            let key = key.with_context(|| format!("there is no key {}: see `tessera key list`", self.kid))?;
            let of_key = |flavour: &&Flavour| ring::signs(flavour) && Purpose::of(flavour).text() == key.purpose;
            let at = match admin.config.flavours.iter().find(of_key) {
                Some(flavour) => self.of_flavour(admin, &ring, flavour, &key).await?,
                None if self.now => {
                    // Nothing signs with it, and nothing verifies with it: no flavour is of its name and algorithm.
                    admin
                        .store
                        .vault()
                        .set_key_times(&self.kid, key.activates_at, Some(admin.now()))
                        .await?;
                    admin.now()
                }
                None => bail!(
                    "the key {} is for {}, which no flavour is any more: --now",
                    self.kid,
                    key.purpose
                ),
            };
            let text = format!("the key {} of {} verifies until {}", self.kid, key.purpose, time(at));
            Ok(Report::new(text, json!({ "kid": self.kid, "retires_at": time(at) })))
        })
    }

    async fn of_flavour(
        &self,
        admin: &Admin,
        ring: &Ring,
        flavour: &Flavour,
        key: &StoredKey,
    ) -> anyhow::Result<Timestamp> {
        let purpose = Purpose::of(flavour);
        let others = ring.keys.stored(&purpose).await?;
        let mut goes_on = others
            .iter()
            .filter(|other| other.name != key.name && other.retires_at.is_none());
        let at = match self.now {
            true => goes_on.next().map(|_| admin.now()),
            // It signs until the other one does, and what it signs last is to live out its life.
            false => {
                let successor = goes_on.find(|other| other.activates_at >= key.activates_at);
                successor.map(|other| {
                    let last = other.activates_at.max(admin.now()).plus(rotate::longest_life(flavour));
                    key.retires_at.map_or(last, |planned| planned.min(last))
                })
            }
        };
        let at = at.with_context(|| {
            let rotate = format!("tessera key rotate --flavour {}", flavour.name);
            format!(
                "no other key of {} goes on after {}: make one first with `{rotate}`",
                purpose.text(),
                key.name
            )
        })?;
        ring.keys.retire(&purpose, &self.kid, at).await?;
        Ok(at)
    }
}
