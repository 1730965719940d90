//! `tessera key rotate`.

use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::Lifetime;
use clap::Args;
use serde_json::json;
use store_diesel::StoredKey;
use token_jwt::rotation::KeyState;
use token_jwt::{Family, SigningKey};

use super::ring::{self, Ring};
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::config::{Flavour, Span};
use crate::keys::Purpose;
use crate::options::Common;

/// For how long a public key is known before it signs, so that whoever keeps a copy of the key set has fetched it.
const PUBLISHED: Span = Span::seconds(60 * 60);

/// The same for a shared secret, which only the servers have: they read it every 2 seconds.
const SHARED: Span = Span::seconds(10);

/// Servers may take 2 seconds to hear of a key.
const SOONEST: Span = Span::seconds(5);

/// The old keys verify for so much longer than the longest life: a server may hear of the new one a little late, and
/// the clocks of servers differ.
const SLACK: Duration = Duration::from_secs(60);

/// Make a flavour's next signing key. Unless it is an emergency, no token fails: the new key is known before it signs,
/// and the old ones verify until the last token they have signed has ended.
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
    /// For how long it is known before it signs, such as 10m [default: 1h; 10s for HMAC, which only the servers check]
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with = "emergency")]
    publish_for: Option<Span>,
    /// Let it sign at once, and end the old ones and every token they have signed at once: for a key that was stolen.
    #[arg(long)]
    emergency: bool,
}

impl Rotate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let flavour = ring::signing_flavour(&admin.config, &self.flavour)?;
            let ring = Ring::open(admin).await?;
            self.plan.carry_out(&ring, flavour, None).await
        })
    }
}

impl Plan {
    /// Adds `key`, or one that is made now, and lets the others retire.
    pub async fn carry_out(&self, ring: &Ring, flavour: &Flavour, key: Option<SigningKey>) -> anyhow::Result<Report> {
        let purpose = Purpose::of(flavour);
        let life = Lifetime::Limited(longest_life(flavour));
        let signs = ring
            .of(&purpose)
            .await?
            .iter()
            .any(|(_, state)| *state == KeyState::Current);
        let publish = match signs {
            true => self.publish(flavour),
            // Nobody waits for it.
            false => Some(Duration::ZERO),
        };
        let key = ring.keys.rotate(&purpose, key, publish, life).await?;
        let text = format!("{} {}", flavour.name, self.outcome(&key, signs));
        let json = json!({
            "flavour": flavour.name,
            "kid": key.name,
            "signs_from": time(key.activates_at),
            "emergency": self.emergency,
        });
        Ok(Report::new(text, json))
    }

    fn publish(&self, flavour: &Flavour) -> Option<Duration> {
        let usual = match flavour.algorithm.is_symmetric() {
            true => SHARED,
            false => PUBLISHED,
        };
        (!self.emergency).then(|| self.publish_for.unwrap_or(usual).0)
    }

    fn outcome(&self, key: &StoredKey, replaces: bool) -> String {
        let (kid, from) = (&key.name, time(key.activates_at));
        match (replaces, self.emergency) {
            (false, _) => format!("signs with the key {kid} now"),
            (true, true) => format!("signs with the key {kid} now; the old keys and all they have signed have ended"),
            (true, false) => {
                let old = "the old ones verify until their last token has ended";
                format!("has the key {kid}, which signs from {from} on; {old}")
            }
        }
    }
}

/// For how long a key must verify after it has signed for the last time.
pub fn longest_life(flavour: &Flavour) -> Duration {
    match flavour.lifetime {
        Lifetime::Limited(life) => life.saturating_add(SLACK),
        // Refused by the settings: a signed token always ends.
        Lifetime::UntilRevoked => Duration::MAX,
    }
}

/// Ends all that is signed, in every flavour whose keys can be made here; names those whose keys are brought along.
pub async fn end_at_once(ring: &Ring, flavours: &[Flavour]) -> anyhow::Result<Vec<String>> {
    let plan = Plan {
        publish_for: None,
        emergency: true,
    };
    let mut left = Vec::new();
    for flavour in flavours.iter().filter(|flavour| ring::signs(flavour)) {
        match flavour.algorithm.family() {
            Family::Rsa => left.push(flavour.name.clone()),
            _ => drop(plan.carry_out(ring, flavour, None).await?),
        }
    }
    Ok(left)
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
