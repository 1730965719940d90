//! `tessera key import`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use zeroize::Zeroizing;

use super::rotate::Plan;
use super::signing_flavour::{find_signing, open_keyring};
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::options::Common;

/// Import a signing key from a file or standard input: as PEM (PKCS#8) or JWK for the built-in strategies. It replaces
/// the current key as with `rotate`, and is stored encrypted under the master key. A key that is stored already is
/// refused, also under another name or retired.
#[derive(Debug, Args)]
pub struct Import {
    /// The flavour, as its `[[flavour]]` block names it, or `forward_auth.jwt`. The key must fit its algorithm.
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
        self.plan.confirm(common, &self.flavour)?;
        Admin::run(common, async |admin| {
            let signing = find_signing(admin, &self.flavour)?;
            let keyring = open_keyring(admin).await?;
            let key = signing.format.import(&self.text()?, keyring.namer())?;
            keyring.refuse_known(&key, &*signing.format).await?;
            self.plan.carry_out(&keyring, &signing, &key).await
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
