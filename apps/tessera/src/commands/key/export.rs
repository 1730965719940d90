//! `tessera key export-public`.

use anyhow::bail;
use clap::Args;
use token_jwt::rotation::KeyState;
use token_jwt::write_jwk_set;

use super::ring::{self, Ring};
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::keys::Purpose;
use crate::options::Common;

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
            let flavour = ring::signing_flavour(&admin.config, &self.flavour)?;
            if flavour.algorithm.is_symmetric() {
                let (name, algorithm) = (&flavour.name, flavour.algorithm);
                bail!(
                    "--flavour {name}: {algorithm} has one secret that signs and checks, and no public key; let others \
                       ask /auth/verify, or set flavour.{name}.algorithm to EdDSA"
                );
            }
            let ring = Ring::open(admin).await?;
            let purpose = Purpose::of(flavour);
            let mut verifying = Vec::new();
            for (key, state) in ring.of(&purpose).await? {
                if state != KeyState::Retired {
                    verifying.push(ring.keys.open_key(&purpose, &key)?.verifying_key().clone());
                }
            }
            if verifying.is_empty() {
                bail!(
                    "{} has no keys yet: start a server, or bring one along with `tessera key import`",
                    flavour.name
                );
            }
            let set = write_jwk_set(&verifying);
            let json = serde_json::from_str(&set)?;
            Ok(Report::new(set, json))
        })
    }
}
