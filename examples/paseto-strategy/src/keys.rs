//! The keys: Ed25519 pairs, named by their PASERK identifier (`k4.pid.…`).

use std::time::Duration;

use keystore::{ActiveKeys, KeyFormat, KeyFormatError, KeyNamer, PlainKey};
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::paserk::{FormatAsPaserk, Id};
use pasetors::version4::V4;

/// The length of the seed, after which the public key stands.
const SEED: usize = 32;

/// How keys are made, read and written. At rest a key is its 64 bytes; for operators it is PASERK text.
#[derive(Debug, Clone, Copy)]
pub struct PasetoKeyFormat;

impl KeyFormat for PasetoKeyFormat {
    fn algorithm(&self) -> &str {
        "v4.public"
    }

    fn publish_for(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        let pair = AsymmetricKeyPair::<V4>::generate().map_err(|_| KeyFormatError::Random)?;
        plain(&pair.secret)
    }

    fn import(&self, text: &str, _: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        let key = AsymmetricSecretKey::<V4>::try_from(text.trim());
        plain(&key.map_err(|_| not_a_key("it is no PASERK key k4.secret.…"))?)
    }

    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError> {
        let mut lines = String::new();
        for key in keys {
            public(&secret(key)?)?
                .fmt(&mut lines)
                .map_err(|_| not_a_key("a key cannot be written"))?;
            lines.push('\n');
        }
        Ok(lines.trim_end().to_owned())
    }

    fn check(&self, key: &PlainKey) -> Result<(), KeyFormatError> {
        secret(key).map(drop)
    }
}

/// The keys of one issuer: one that signs, or none, and all that verify.
#[derive(Debug)]
pub struct PasetoKeys {
    pub(crate) signing: Option<(String, AsymmetricSecretKey<V4>)>,
    pub(crate) verifying: Vec<(String, AsymmetricPublicKey<V4>)>,
}

impl PasetoKeys {
    /// The keys of a flavour as the keyring hands them over.
    pub fn new(active: &ActiveKeys) -> Result<Self, KeyFormatError> {
        // Where no key signs, nothing is accepted.
        let verifying = active.verifying().filter(|_| active.signing().is_some());
        Self::from_plain(active.signing(), verifying)
    }

    /// `signing` signs; all of `verifying` verify.
    pub fn from_plain<'a>(
        signing: Option<&PlainKey>,
        verifying: impl Iterator<Item = &'a PlainKey>,
    ) -> Result<Self, KeyFormatError> {
        let named = |key: &PlainKey| Ok::<_, KeyFormatError>((key.name().to_owned(), secret(key)?));
        let verifying = verifying.map(|key| named(key).and_then(|(name, key)| Ok((name, public(&key)?))));
        Ok(Self {
            signing: signing.map(named).transpose()?,
            verifying: verifying.collect::<Result<_, _>>()?,
        })
    }
}

fn plain(key: &AsymmetricSecretKey<V4>) -> Result<PlainKey, KeyFormatError> {
    let mut name = String::new();
    Id::from(&public(key)?)
        .fmt(&mut name)
        .map_err(|_| not_a_key("a key without identifier"))?;
    PlainKey::new(name, key.as_bytes().to_vec())
}

fn secret(key: &PlainKey) -> Result<AsymmetricSecretKey<V4>, KeyFormatError> {
    AsymmetricSecretKey::from(key.expose()).map_err(|_| not_a_key("the stored key is damaged"))
}

fn public(key: &AsymmetricSecretKey<V4>) -> Result<AsymmetricPublicKey<V4>, KeyFormatError> {
    AsymmetricPublicKey::from(&key.as_bytes()[SEED..]).map_err(|_| not_a_key("the stored key is damaged"))
}

fn not_a_key(text: &str) -> KeyFormatError {
    KeyFormatError::NotAKey(text.into())
}
