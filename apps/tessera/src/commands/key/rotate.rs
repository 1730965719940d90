//! `tessera key rotate`.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use auth_core::Lifetime;
use clap::Args;
use keystore::{KeyFormat, Keyring, KeyringError, PlainKey, Rotated, RotationPlan, StoredKey};
use serde_json::json;

use super::keyring;
use crate::cli::Common;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::config::{Flavour, Span};
use crate::jwt_keys::{JwtKeyFormat, purpose_of};

/// Servers may take 2 seconds to hear of a key.
const SOONEST: Span = Span::seconds(5);

/// The old keys verify for so much longer than the longest life: a server may hear of the new one a little late, and
/// the clocks of servers differ.
const SLACK: Duration = Duration::from_secs(60);

/// Make a flavour's next signing key. Unless it is an emergency, no token fails: the new key is published before it
/// signs, and the old ones verify until the last token they have signed has ended.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The flavour, as its `[[flavour]]` block names it.
    #[arg(long, value_name = "NAME")]
    flavour: String,
    #[command(flatten)]
    plan: Plan,
}

/// When a new key takes over.
#[derive(Debug, Args)]
pub struct Plan {
    /// For how long it is published before it signs, such as 10m [default: 1h; 10s for HMAC, which only the servers
    /// check]
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with = "emergency")]
    publish_for: Option<Span>,
    /// Let it sign at once, and end the old ones and every token they have signed at once: for a key that was stolen.
    #[arg(long)]
    emergency: bool,
}

impl Rotate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let flavour = keyring::signing_flavour(&admin.config, &self.flavour)?;
            let keyring = keyring::open(admin).await?;
            let key = JwtKeyFormat::of(flavour).generate()?;
            self.plan.carry_out(&keyring, flavour, &key).await
        })
    }
}

impl Plan {
    /// Adds the key, and lets the others retire.
    pub async fn carry_out(&self, keyring: &Keyring, flavour: &Flavour, key: &PlainKey) -> anyhow::Result<Report> {
        let (key, text) = match self.emergency {
            true => emergency(keyring, flavour, key).await?,
            false => self.rotate(keyring, flavour, key).await?,
        };
        let json = json!({
            "flavour": flavour.name,
            "kid": key.name,
            "signs_from": time(key.activates_at),
            "emergency": self.emergency,
        });
        Ok(Report::new(format!("{} {text}", flavour.name), json))
    }

    async fn rotate(
        &self,
        keyring: &Keyring,
        flavour: &Flavour,
        key: &PlainKey,
    ) -> anyhow::Result<(StoredKey, String)> {
        let usual = JwtKeyFormat::of(flavour).publish_for();
        let plan = RotationPlan {
            publish_for: self.publish_for.map_or(usual, |span| span.0),
            longest_life: longest_life(flavour),
        };
        let Rotated { key, replaces } = keyring.rotate(&purpose_of(flavour)?, key, plan).await?;
        let (kid, from) = (&key.name, time(key.activates_at));
        let text = match replaces {
            false => format!("signs with the key {kid} now"),
            true => {
                let old = "the old ones verify until their last token has ended";
                format!("has the key {kid}, which signs from {from} on; {old}")
            }
        };
        Ok((key, text))
    }
}

async fn emergency(keyring: &Keyring, flavour: &Flavour, key: &PlainKey) -> anyhow::Result<(StoredKey, String)> {
    let purpose = purpose_of(flavour)?;
    let replaced = keyring.emergency(&purpose, key).await;
    let replaced = replaced.map_err(|error| match error {
        KeyringError::NothingToReplace => {
            anyhow!("no key of {purpose} verifies, so that there is none to replace: leave out --emergency")
        }
        error => error.into(),
    })?;
    let key = replaced
        .new
        .into_iter()
        .next()
        .context("an emergency adds the key it was given")?;
    let text = format!(
        "signs with the key {} now; the old keys and all they have signed have ended",
        key.name
    );
    Ok((key, text))
}

/// For how long a key must verify after it has signed for the last time.
pub fn longest_life(flavour: &Flavour) -> Duration {
    match flavour.lifetime {
        Lifetime::Limited(life) => life.saturating_add(SLACK),
        // Refused by the settings: a signed token always ends.
        Lifetime::UntilRevoked => Duration::MAX,
    }
}

fn span(text: &str) -> anyhow::Result<Span> {
    let span = Span::parse(text).context("a whole number of seconds, or with a unit such as 10m, 12h, 7d")?;
    match (SOONEST..=Span::days(365)).contains(&span) {
        true => Ok(span),
        false => {
            bail!("allowed is {SOONEST} to 365d: every server has to hear of the key before another signs with it")
        }
    }
}
