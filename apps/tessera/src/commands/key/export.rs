//! `tessera key export-public`.

use anyhow::{Context, bail};
use clap::Args;

use super::signing_flavour::{find_signing, open_keyring};
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Print the public keys with which other services verify a flavour's tokens; for the built-in strategies, a JWK Set.
#[derive(Debug, Args)]
pub struct ExportPublic {
    /// The flavour, as its `[[flavour]]` block names it, or `forward_auth.jwt`.
    #[arg(long, value_name = "NAME")]
    flavour: String,
}

impl ExportPublic {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let signing = find_signing(admin, &self.flavour)?;
            let keys = open_keyring(admin).await?.verifying(&signing.purpose).await?;
            let name = &self.flavour;
            let exported = signing
                .format
                .export_public(&keys)
                .with_context(|| format!("--flavour {name}"))?;
            if keys.is_empty() {
                bail!("{name} has no keys yet: start a server, or import one with `tessera key import`");
            }
            let json = serde_json::from_str(&exported).unwrap_or_else(|_| exported.clone().into());
            Ok(Report::new(exported, json))
        })
    }
}
