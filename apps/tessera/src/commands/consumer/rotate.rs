//! `tessera consumer rotate`.

use auth_core::PlainToken;
use clap::Args;
use consumer_auth::{Consumer, SecretRotation};
use serde_json::json;

use super::Key;
use crate::acts::consumer::{self, TOKEN};
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, time};
use crate::config::Span;
use crate::options::Common;

/// Give a consumer another token without a failed call: the token it has is accepted, too, until --overlap has passed. A
/// generated token is shown only once. For a stolen token use `disable --revoke-tokens`, then `put`.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    key: Key,
    /// For how long both tokens are accepted, such as 24h.
    #[arg(long, value_name = "SPAN", value_parser = consumer::overlap, default_value = "24h")]
    overlap: Span,
    /// Read the new token from standard input, instead of generating one.
    #[arg(long)]
    token_stdin: bool,
}

impl Rotate {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            let consumer = consumer::find(&admin.stores(), key).await?;
            let (to, generated) = TOKEN.make(admin, self.token_stdin)?;
            let rotation = consumer::rotate(&admin.stores(), &consumer, to, self.overlap, admin.now()).await?;
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
