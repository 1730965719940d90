//! `tessera resource-server rotate`.

use anyhow::bail;
use auth_core::PlainToken;
use clap::Args;
use consumer_auth::SecretRotation;
use serde_json::json;

use super::{Id, SECRET};
use crate::acts::consumer::overlap;
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::{Report, time};
use crate::config::Span;
use crate::options::Common;

/// Give a resource server another secret without a failed call: the secret it has is accepted, too, until --overlap has
/// passed. A generated secret is shown only once. For a stolen secret use `put`, which ends the old one at once.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    id: Id,
    /// For how long both secrets are accepted, such as 24h.
    #[arg(long, value_name = "SPAN", value_parser = overlap, default_value = "24h")]
    overlap: Span,
    /// Read the new secret from standard input, instead of generating one.
    #[arg(long)]
    secret_stdin: bool,
}

impl Rotate {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let server = self.id.find(admin).await?;
            let (id, now) = (&server.id, admin.now());
            if let Some(previous) = server.previous.filter(|previous| now < previous.until) {
                bail!(
                    "resource server {id} was rotated before, and the secret before that is accepted until {}: wait until \
                     then, or replace both at once with `tessera resource-server put`",
                    time(previous.until)
                );
            }
            let (to, generated) = SECRET.make(admin, self.secret_stdin)?;
            if to == server.secret {
                bail!("the secret on standard input is the one that the resource server has: give another");
            }
            let rotation = SecretRotation {
                key: id.clone(),
                from: server.secret,
                to,
                previous_until: now.plus(self.overlap.0),
                now,
            };
            let servers = admin.resource_servers();
            if !patiently(async || servers.rotate_resource_server(&rotation).await).await? {
                bail!(
                    "resource server {id} was changed at the same moment by another command: see \
                     `tessera resource-server list`"
                );
            }
            Ok(report(&rotation, generated.as_ref().map(PlainToken::expose)))
        })
    }
}

fn report(rotation: &SecretRotation, secret: Option<&str>) -> Report {
    let (id, until) = (&rotation.key, time(rotation.previous_until));
    let head = format!("resource server {id} has a new secret; the one before is accepted until {until}");
    let text = match secret {
        Some(secret) => format!("{head}\nthe new secret, shown only once: {secret}"),
        None => head,
    };
    let mut json = json!({ "id": id, "previous_secret_until": until });
    if let Some(secret) = secret {
        json["secret"] = secret.into();
    }
    Report::new(text, json)
}
