//! The keys of signed tokens: how they are made, read and written, and how an issuer gets new ones while it runs.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, Entropy};
use keystore::{ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyNamer, PlainKey};
use token_jwt::{
    Algorithm, Family, Jwk, JwtConfig, JwtIssuer, JwtKeys, KeyError, Kid, SigningKey, SystemRandom, VerifyingKey,
    write_jwk_set,
};

/// For how long a public key is published before it signs, so that all services with a copy of the key set have
/// fetched it.
const PUBLIC: Duration = Duration::from_secs(60 * 60);

/// The same for a shared secret, which only the servers have: they read the keys every 2 seconds.
const SHARED: Duration = Duration::from_secs(10);

/// Keys of one algorithm. At rest a key is a private JWK; its `kid` is its name.
#[derive(Debug)]
pub(super) struct JwtKeyFormat {
    algorithm: Algorithm,
}

impl JwtKeyFormat {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self { algorithm }
    }
}

impl KeyFormat for JwtKeyFormat {
    fn algorithm(&self) -> &str {
        self.algorithm.name()
    }

    fn publish_for(&self) -> Duration {
        match self.algorithm.is_symmetric() {
            true => SHARED,
            false => PUBLIC,
        }
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        if self.algorithm.family() == Family::Rsa {
            let text = format!(
                "{} keys are not made here: import one with tessera key import",
                self.algorithm
            );
            return Err(KeyFormatError::ImportOnly(text));
        }
        let random = SystemRandom::new();
        let key = SigningKey::generate(self.algorithm, &random).map_err(|_| KeyFormatError::Random)?;
        let kid = Kid::random(&random).map_err(|_| KeyFormatError::Random)?;
        plain(&key, kid.as_str())
    }

    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        let random = SystemRandom::new();
        let read = match text.trim_start().starts_with('{') {
            true => Jwk::parse(text).and_then(|jwk| jwk.signing_key_for(self.algorithm, &random)),
            false => SigningKey::from_pem(self.algorithm, text, &random),
        };
        let expected = || {
            let algorithm = self.algorithm;
            format!("it is no private key for {algorithm}, as PEM (BEGIN PRIVATE KEY) or JWK")
        };
        let key = read.map_err(|error| KeyFormatError::NotAKey(format!("{}: {error}", expected())))?;
        let name = key.verifying_key().thumbprint();
        let name = name.unwrap_or_else(|| namer.name(key.to_private_jwk().expose()));
        plain(&key, &name)
    }

    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError> {
        if self.algorithm.is_symmetric() {
            let text = format!(
                "{} has one secret that signs and checks, and no public key: let others ask /auth/verify, or set the flavour's algorithm to one with public keys, such as EdDSA",
                self.algorithm
            );
            return Err(KeyFormatError::NoPublicKey(text));
        }
        let keys: Vec<VerifyingKey> = keys.iter().map(verifying).collect::<Result<_, _>>()?;
        Ok(write_jwk_set(&keys))
    }

    fn check(&self, key: &PlainKey) -> Result<(), KeyFormatError> {
        match signing(key)?.algorithm() == self.algorithm {
            true => Ok(()),
            false => Err(KeyFormatError::NotAKey(format!(
                "{} is a key of another algorithm",
                key.name()
            ))),
        }
    }
}

/// Creates an issuer with these keys.
pub(super) fn issuer(
    config: JwtConfig,
    keys: &ActiveKeys,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<Arc<JwtIssuer>> {
    let current = keys
        .signing()
        .ok_or_else(|| anyhow::anyhow!("no key of {} signs", keys.purpose()))?;
    let keys = jwt_keys(keys, current)?;
    Ok(Arc::new(JwtIssuer::new(config, keys, clock.clone(), entropy.clone())))
}

/// Gives an issuer its new keys.
#[derive(Debug)]
pub(super) struct JwtKeyFollower(pub(super) Arc<JwtIssuer>);

impl KeyFollower for JwtKeyFollower {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        match keys.signing() {
            Some(current) => self.0.set_keys(jwt_keys(keys, current)?),
            None => self.0.remove_keys(),
        }
        Ok(())
    }
}

fn jwt_keys(keys: &ActiveKeys, current: &PlainKey) -> Result<JwtKeys, KeyFormatError> {
    let others = keys.verifying().filter(|key| key.name() != current.name());
    let others = others.map(verifying).collect::<Result<_, _>>()?;
    JwtKeys::new(signing(current)?, others).map_err(not_a_key)
}

fn plain(key: &SigningKey, name: &str) -> Result<PlainKey, KeyFormatError> {
    PlainKey::new(name, key.to_private_jwk().expose().to_vec())
}

fn signing(key: &PlainKey) -> Result<SigningKey, KeyFormatError> {
    let text = std::str::from_utf8(key.expose());
    let text = text.map_err(|_| KeyFormatError::NotAKey(format!("{} is no text", key.name())))?;
    let read = SigningKey::from_jwk(text, &SystemRandom::new()).map_err(not_a_key)?;
    Ok(read.with_kid(Kid::new(key.name()).map_err(not_a_key)?))
}

fn verifying(key: &PlainKey) -> Result<VerifyingKey, KeyFormatError> {
    Ok(signing(key)?.verifying_key().clone())
}

fn not_a_key(error: KeyError) -> KeyFormatError {
    KeyFormatError::NotAKey(error.to_string())
}
