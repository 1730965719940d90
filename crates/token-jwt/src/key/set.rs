//! The keys of a verifier, of which a token's `kid` selects one.

use super::error::KeyError;
use super::jwk_set::{JwkSet, refuse_repeated};
use super::kid::Kid;
use super::verifying::VerifyingKey;
use crate::algorithm::Algorithm;
use crate::error::Reason;
use crate::json::Text;

/// Verifying keys, each with a name of its own.
///
/// A token's `kid` is compared byte for byte and selects one key; the others are never tried. A token without `kid`
/// selects the only key of a set of one. A key without name is never selected by a `kid`.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
}

impl KeySet {
    /// A set of these keys.
    ///
    /// # Errors
    /// [`KeyError::EmptySet`], [`KeyError::RepeatedKid`], [`KeyError::UnnamedInSet`], and [`KeyError::MixedSet`] for
    /// shared secrets beside public keys.
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, KeyError> {
        let shared = keys.iter().filter(|key| key.algorithm().is_symmetric()).count();
        if keys.is_empty() {
            return Err(KeyError::EmptySet);
        }
        if shared != 0 && shared != keys.len() {
            return Err(KeyError::MixedSet);
        }
        if keys.len() > 1 && keys.iter().any(|key| key.kid().is_none()) {
            return Err(KeyError::UnnamedInSet);
        }
        refuse_repeated(keys.iter().filter_map(VerifyingKey::kid).map(Kid::as_str))?;
        Ok(Self { keys })
    }

    /// A set without keys: it verifies nothing. For a verifier whose keys were all retired.
    #[must_use]
    pub fn empty() -> Self {
        Self { keys: Vec::new() }
    }

    /// The keys of a JWK Set, each of which names its algorithm or has a curve that fixes it.
    ///
    /// # Errors
    /// As [`JwkSet::parse`], [`KeySet::new`] and [`Jwk::verifying_key`](crate::Jwk::verifying_key).
    pub fn from_jwk_set(json: &str) -> Result<Self, KeyError> {
        let set = JwkSet::parse(json)?;
        Self::new(
            set.keys()
                .iter()
                .map(|key| key.verifying_key())
                .collect::<Result<_, _>>()?,
        )
    }

    /// The keys of a JWK Set that can be bound to `algorithm`; the others are skipped.
    ///
    /// For issuers that publish keys without `alg`: the caller must know what the issuer signs with.
    ///
    /// # Errors
    /// As [`KeySet::from_jwk_set`]; [`KeyError::EmptySet`] if no key fits.
    pub fn from_jwk_set_for(json: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        let set = JwkSet::parse(json)?;
        let fitting = set
            .keys()
            .iter()
            .filter(|key| key.algorithms().any(|one| one == algorithm));
        Self::new(
            fitting
                .map(|key| key.verifying_key_for(algorithm))
                .collect::<Result<_, _>>()?,
        )
    }

    /// The keys, in their order.
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// The index of the key that a header's `kid` selects.
    pub(crate) fn select(&self, kid: Option<Text<'_>>) -> Result<usize, Reason> {
        match kid {
            None if self.keys.len() == 1 => Ok(0),
            None => Err(Reason::KidMissing),
            Some(kid) => {
                let named = |key: &VerifyingKey| key.kid().is_some_and(|own| kid.is(own.as_str()));
                self.keys.iter().position(named).ok_or(Reason::KidUnknown)
            }
        }
    }
}

/// A set of one.
impl From<VerifyingKey> for KeySet {
    fn from(key: VerifyingKey) -> Self {
        Self { keys: vec![key] }
    }
}
