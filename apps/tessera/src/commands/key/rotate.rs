//! `tessera key rotate`.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use keystore::{Keyring, PlainKey, StoredKey};
use serde_json::json;

use super::signing_flavour::{find_signing, open_keyring};
use crate::acts::key::{self, SigningFlavour};
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
use crate::commands::report::{Report, time};
use crate::config::Span;
use crate::oauth::MAX_AGE;
use crate::options::Common;

/// Servers may take a second to read a new key.
const SOONEST: Span = Span::seconds(5);

/// Services that keep a copy of the key set have read a new key by then: twice the time for which they may keep it.
const READ_BY_SERVICES: Duration = MAX_AGE.saturating_mul(2);

/// Make a flavour's next signing key. Without --emergency, valid tokens stay valid: the new key is published before it
/// signs, and the old ones verify until the last token they have signed has expired.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The flavour, as its `[[flavour]]` block names it, or `forward_auth.jwt`.
    #[arg(long, value_name = "NAME")]
    flavour: String,
    #[command(flatten)]
    plan: Plan,
}

/// When a new key begins to sign.
#[derive(Debug, Args)]
pub struct Plan {
    /// For how long it is published before it signs, such as 10m [default: 1h; 10s for HMAC, which only the servers check]
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with = "emergency")]
    publish_for: Option<Span>,
    /// For a stolen key: the new key signs, and every server refuses the old keys and their tokens within a second.
    #[arg(long)]
    emergency: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Rotate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        self.plan.confirm(common, &self.flavour)?;
        Admin::run(common, async |admin| {
            let signing = find_signing(admin, &self.flavour)?;
            let keyring = open_keyring(admin).await?;
            let key = signing.format.generate();
            let key = key.with_context(|| format!("tessera key import --flavour {}", self.flavour))?;
            self.plan.carry_out(&keyring, &signing, &key).await
        })
    }
}

impl Plan {
    /// Asks before an emergency, which signs out everybody who has a token of the flavour.
    pub fn confirm(&self, common: &Common, flavour: &str) -> anyhow::Result<()> {
        let what =
            format!("every token that the keys of {flavour} have signed is refused from now on, by every server");
        match self.emergency {
            true => self.confirmation.ask(common, &what),
            false => Ok(()),
        }
    }

    /// Adds `key`, and lets the others of its purpose retire.
    pub async fn carry_out(
        &self,
        keyring: &Keyring,
        signing: &SigningFlavour<'_>,
        key: &PlainKey,
    ) -> anyhow::Result<Report> {
        match self.emergency {
            true => emergency(keyring, signing, key).await,
            false => self.rotate(keyring, signing, key).await,
        }
    }

    async fn rotate(&self, keyring: &Keyring, signing: &SigningFlavour<'_>, key: &PlainKey) -> anyhow::Result<Report> {
        let publish_for = self.publish_for.map(|span| span.0);
        let is_published = signing.format.publish_for() > READ_BY_SERVICES;
        let is_early = is_published && publish_for.is_some_and(|span| span < READ_BY_SERVICES);
        let rotated = key::rotate(keyring, signing, key, publish_for).await?;
        let (kid, from) = (&rotated.key.name, time(rotated.key.activates_at));
        let outcome = match rotated.replaces {
            false => format!("signs with the key {kid} now"),
            true => format!(
                "has the key {kid}, which signs from {from}; the old keys verify until their last token has expired"
            ),
        };
        let report = report(signing, &rotated.key, &outcome, false);
        Ok(match is_early && rotated.replaces {
            true => report.with_warning(&early()),
            false => report,
        })
    }
}

fn early() -> String {
    format!(
        "services keep the key set for {} minutes: some will refuse the new key's tokens until they read it again; \
         use --publish-for {}m or more",
        MAX_AGE.as_secs() / 60,
        READ_BY_SERVICES.as_secs() / 60
    )
}

async fn emergency(keyring: &Keyring, signing: &SigningFlavour<'_>, key: &PlainKey) -> anyhow::Result<Report> {
    let replaced = key::emergency(keyring, signing, key).await.context("--emergency")?;
    let new = replaced.new.first().context("an emergency adds a key")?;
    let outcome = format!(
        "signs with the key {} now; old keys retired: {}; every token they have signed is refused",
        new.name,
        replaced.retired.len()
    );
    Ok(report(signing, new, &outcome, true))
}

fn report(signing: &SigningFlavour<'_>, key: &StoredKey, outcome: &str, emergency: bool) -> Report {
    let name = signing.name;
    let json = json!({
        "flavour": name,
        "kid": key.name,
        "signs_from": time(key.activates_at),
        "emergency": emergency,
    });
    Report::new(format!("{name} {outcome}"), json)
}

fn span(text: &str) -> anyhow::Result<Span> {
    let span = Span::argument(text)?;
    match (SOONEST..=Span::days(365)).contains(&span) {
        true => Ok(span),
        false => {
            bail!("allowed is {SOONEST} to 365d: every server has to read the key before another signs with it")
        }
    }
}
