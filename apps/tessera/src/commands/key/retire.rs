//! `tessera key retire`.

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::signing_flavour::{all_signing, open_keyring};
use crate::acts::key;
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
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
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Retire {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        if self.now {
            let what = format!(
                "every token that the key {} has signed is refused from now on, by every server",
                self.kid
            );
            self.confirmation.ask(common, &what)?;
        }
        Admin::run(common, async |admin| {
            let keyring = open_keyring(admin).await?;
            let purpose = key::purpose_of(&keyring, &self.kid).await?;
            let key = key::retire(&keyring, &all_signing(admin)?, &self.kid, self.now).await?;
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
}
