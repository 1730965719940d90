//! `tessera key export-public`.

use anyhow::bail;
use clap::Args;
use keystore::KeyFormat;

use super::keyring;
use crate::cli::Common;
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::jwt_keys::{JwtKeyFormat, purpose_of};

/// Print the public keys with which others check a flavour's tokens, as a JWK Set.
#[derive(Debug, Args)]
pub struct ExportPublic {
    /// The flavour, as its `[[flavour]]` block names it.
    #[arg(long, value_name = "NAME")]
    flavour: String,
}

impl ExportPublic {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let flavour = keyring::signing_flavour(&admin.config, &self.flavour)?;
            let format = JwtKeyFormat::of(flavour);
            // A shared secret has no public part, whatever is stored.
            format.export_public(&[])?;
            let verifying = keyring::open(admin).await?.verifying(&purpose_of(flavour)?).await?;
            if verifying.is_empty() {
                bail!(
                    "{} has no keys yet: start a server, or import one with `tessera key import`",
                    flavour.name
                );
            }
            let set = format.export_public(&verifying)?;
            let json = serde_json::from_str(&set)?;
            Ok(Report::new(set, json))
        })
    }
}
