//! `tessera key import`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use auth_core::SecretKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use token_jwt::{Algorithm, Jwk, Kid, SigningKey, SystemRandom};
use zeroize::Zeroizing;

use super::ring::{self, Ring};
use super::rotate::Plan;
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::options::Common;

/// Bring along a signing key, as PEM (PKCS#8) or JWK, from a file or standard input. It takes over as with `rotate`, and is
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
            let flavour = ring::signing_flavour(&admin.config, &self.flavour)?;
            let key = read(&self.text()?, flavour.algorithm)?;
            let ring = Ring::open(admin).await?;
            let key = named(key, &ring.master)?;
            self.plan.carry_out(&ring, flavour, Some(key)).await
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

fn read(text: &str, algorithm: Algorithm) -> anyhow::Result<SigningKey> {
    let random = SystemRandom::new();
    let read = match text.trim_start().starts_with('{') {
        true => Jwk::parse(text).and_then(|jwk| jwk.signing_key_for(algorithm, &random)),
        false => SigningKey::from_pem(algorithm, text, &random),
    };
    read.with_context(|| format!("it is no private key for {algorithm}, as PEM (BEGIN PRIVATE KEY) or JWK"))
}

/// A name that the same key always gets, so that it is never taken twice, nor for two flavours: the thumbprint of a
/// public key; for a shared secret, a digest that tells nothing to who lacks the master key.
fn named(key: SigningKey, master: &SecretKey) -> anyhow::Result<SigningKey> {
    let name = match (key.verifying_key().thumbprint(), key.algorithm().is_symmetric()) {
        (Some(thumbprint), _) => thumbprint,
        (None, true) => {
            let digest = master
                .derive("name of an imported key")
                .mac(&[key.to_private_jwk().expose()]);
            URL_SAFE_NO_PAD.encode(&digest[..12])
        }
        (None, false) => bail!("the key has no public part to name it by"),
    };
    Ok(key.with_kid(Kid::new(&name)?))
}
