//! `tessera consumer rotate`.

use anyhow::{Context, bail};
use auth_core::PlainToken;
use clap::Args;
use consumer_auth::{Consumer, SecretRotation};
use serde_json::json;

use super::{Key, TOKEN};
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::{Report, plain, time};
use crate::config::Span;
use crate::options::Common;

/// The longest time for which two secrets are accepted.
const LONGEST: Span = Span::days(90);

/// Give a consumer another token without a failed call: the token it has is accepted, too, until --overlap has passed. A
/// generated token is shown only once. For a stolen token use `disable --revoke-tokens`, then `put`.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    key: Key,
    /// For how long both tokens are accepted, such as 24h.
    #[arg(long, value_name = "SPAN", value_parser = overlap, default_value = "24h")]
    overlap: Span,
    /// Read the new token from standard input, instead of generating one.
    #[arg(long)]
    token_stdin: bool,
}

impl Rotate {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            let consumer = admin.consumers().find(key).await?.with_context(|| self.key.unknown())?;
            let now = admin.now();
            if let Some(previous) = consumer.previous.filter(|previous| now < previous.until) {
                bail!(
                    "consumer {} was rotated before, and the token before that is accepted until {}: wait until then, or \
                     replace both at once with `tessera consumer put`",
                    plain(key),
                    time(previous.until)
                );
            }
            let (to, generated) = TOKEN.make(admin, self.token_stdin)?;
            if to == consumer.token {
                bail!("the token on standard input is the one that the consumer has: give another");
            }
            let rotation = SecretRotation {
                key: key.to_owned(),
                from: consumer.token,
                to,
                previous_until: now.plus(self.overlap.0),
                now,
            };
            if !patiently(async || admin.consumers().rotate_consumer(&rotation).await).await? {
                bail!(
                    "consumer {} was changed at the same moment by another command: see `tessera consumer show`",
                    plain(key)
                );
            }
            Ok(report(&consumer, &rotation, generated.as_ref().map(PlainToken::expose)))
        })
    }
}

fn report(consumer: &Consumer, rotation: &SecretRotation, token: Option<&str>) -> Report {
    let until = time(rotation.previous_until);
    let head = format!(
        "consumer {} has a new token; the one before is accepted until {until}",
        plain(&consumer.key)
    );
    let text = match token {
        Some(token) => format!("{head}\nthe new token, shown only once: {token}"),
        None => head,
    };
    let mut json = json!({ "key": consumer.key, "previous_token_until": until });
    if let Some(token) = token {
        json["token"] = token.into();
    }
    Report::new(text, json)
}

/// For how long two secrets may be accepted.
pub(in crate::commands) fn overlap(text: &str) -> anyhow::Result<Span> {
    let span = Span::parse(text).context("a whole number of seconds, or with a unit such as 10m, 12h, 7d")?;
    match (Span::seconds(1)..=LONGEST).contains(&span) {
        true => Ok(span),
        false => bail!("allowed is 1s to {LONGEST}"),
    }
}
