//! `tessera key import`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use keystore::KeyFormat;
use zeroize::Zeroizing;

use super::keyring;
use super::rotate::Plan;
use crate::cli::Common;
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::jwt_keys::JwtKeyFormat;

/// Import a signing key, as PEM (PKCS#8) or JWK, from a file or standard input. It takes over as with `rotate`, and is
/// stored encrypted under the master key. It gets a name of our own: its thumbprint.
#[derive(Debug, Args)]
pub struct Import {
    /// The flavour, as its `[[flavour]]` block names it. The key must fit its algorithm.
    #[arg(long, value_name = "NAME")]
    flavour: String,
    /// The file with the private key [default: standard input]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    plan: Plan,
}

impl Import {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let flavour = keyring::signing_flavour(&admin.config, &self.flavour)?;
            let text = self.text()?;
            let keyring = keyring::open(admin).await?;
            let key = JwtKeyFormat::of(flavour).import(&text, keyring.namer())?;
            self.plan.carry_out(&keyring, flavour, &key).await
        })
    }

    fn text(&self) -> anyhow::Result<Zeroizing<String>> {
        let Some(path) = &self.file else {
            return input::all("the private key");
        };
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        text.with_context(|| format!("--file {}: it cannot be read", path.display()))
    }
}
