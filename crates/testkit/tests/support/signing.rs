//! Signing keys of JWTs that are rotated and replaced, and issuers that follow them: soundly, or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_core::TokenDigest;
use keystore::{ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyNamer, PlainKey};
use token_jwt::{Algorithm, JwtIssuer, JwtKeys, Kid, SigningKey, VerifyingKey};

/// For how long a shared secret is published before it signs, as in the server.
const PUBLISHED: Duration = Duration::from_secs(10);

/// Shared secrets that follow from their number, so that a seed has the same ones each time.
#[derive(Debug)]
pub(crate) struct Secrets {
    flavour: &'static str,
    made: AtomicU64,
}

impl Secrets {
    pub(crate) fn of(flavour: &'static str) -> Self {
        Self {
            flavour,
            made: AtomicU64::new(0),
        }
    }
}

impl KeyFormat for Secrets {
    fn algorithm(&self) -> &str {
        "HS256"
    }

    fn publish_for(&self) -> Duration {
        PUBLISHED
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}-{number}", self.flavour);
        let secret = TokenDigest::of(name.as_bytes()).as_bytes().to_vec();
        PlainKey::new(name, secret)
    }

    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        PlainKey::new(namer.name(text.as_bytes()), text.as_bytes().to_vec())
    }

    fn export_public(&self, _: &[PlainKey]) -> Result<String, KeyFormatError> {
        Err(KeyFormatError::NoPublicKey("it is a shared secret".into()))
    }

    fn check(&self, _: &PlainKey) -> Result<(), KeyFormatError> {
        Ok(())
    }
}

/// How an issuer takes other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// As it should.
    Soundly,
    /// It keeps those it began with.
    Never,
    /// It signs with the new one, and goes on accepting all that it ever had.
    KeepsTheOld,
    /// Only the one that signs verifies: tokens of the one before are refused.
    OnlyTheOneThatSigns,
    /// It leaves out keys that are published and do not sign yet.
    WithoutTheNext,
}

/// What gives this issuer its keys.
pub(crate) fn follower(jwt: Arc<JwtIssuer>, follows: Follows) -> Arc<dyn KeyFollower> {
    Arc::new(Follower { jwt, follows })
}

#[derive(Debug)]
struct Follower {
    jwt: Arc<JwtIssuer>,
    follows: Follows,
}

impl KeyFollower for Follower {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        if self.follows == Follows::Never {
            return Ok(());
        }
        let Some(current) = keys.signing() else {
            self.jwt.remove_keys();
            return Ok(());
        };
        let is_current = |key: &PlainKey| key.name() == current.name();
        let next = keys.verifying().skip_while(|key| !is_current(key)).skip(1);
        let next: Vec<&str> = next.map(PlainKey::name).collect();
        let is_taken = |key: &PlainKey| match self.follows {
            Follows::OnlyTheOneThatSigns => false,
            Follows::WithoutTheNext => !next.contains(&key.name()),
            _ => !is_current(key),
        };
        let others = keys.verifying().filter(|key| !is_current(key) && is_taken(key));
        let mut others = others.map(verifying).collect::<Result<Vec<_>, _>>()?;
        if self.follows == Follows::KeepsTheOld {
            let known: Vec<String> = keys.verifying().map(|key| key.name().to_owned()).collect();
            let had = self.jwt.verifying_keys();
            let old = had.keys().iter().filter(|key| {
                let name = key.kid().map(|kid| kid.as_str().to_owned());
                name.is_some_and(|name| !known.contains(&name))
            });
            others.extend(old.cloned());
        }
        self.jwt
            .set_keys(JwtKeys::new(signing(current)?, others).map_err(not_a_key)?);
        Ok(())
    }
}

/// The keys in the form of an issuer.
pub(crate) fn jwt_keys(keys: &ActiveKeys) -> Result<JwtKeys, KeyFormatError> {
    let current = keys
        .signing()
        .ok_or_else(|| KeyFormatError::NotAKey("none signs".into()))?;
    let others = keys.verifying().filter(|key| key.name() != current.name());
    let others = others.map(verifying).collect::<Result<_, _>>()?;
    JwtKeys::new(signing(current)?, others).map_err(not_a_key)
}

fn signing(key: &PlainKey) -> Result<SigningKey, KeyFormatError> {
    let kid = Kid::new(key.name()).map_err(not_a_key)?;
    let signing = SigningKey::hmac(Algorithm::HS256, key.expose()).map_err(not_a_key)?;
    Ok(signing.with_kid(kid))
}

fn verifying(key: &PlainKey) -> Result<VerifyingKey, KeyFormatError> {
    Ok(signing(key)?.verifying_key().clone())
}

fn not_a_key(error: impl std::fmt::Display) -> KeyFormatError {
    KeyFormatError::NotAKey(error.to_string())
}
