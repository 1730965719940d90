//! JWK Sets as they are read (RFC 7517 section 5).

use serde::Deserialize;

use super::error::KeyError;
use super::jwk::Jwk;
use super::jwk_members::JwkMembers;
use crate::json::read_value;

/// The keys of a JWK Set (RFC 7517 section 5) that are that this crate can use.
///
/// Keys of unknown types, curves or algorithms, for encryption, or not allowed to verify or sign are skipped, as RFC 7517
/// asks. A malformed key, a repeated `kid`, or a mixture of shared secrets and public keys refuses the whole set.
#[derive(Clone, Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set.
    ///
    /// # Errors
    /// [`KeyError::MixedSet`], [`KeyError::RepeatedKid`], [`KeyError::EmptySet`], or what is wrong with one of its keys.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        let set: RawSet<'_> = read_value(json.as_bytes()).map_err(KeyError::Json)?;
        let shared = set.keys.iter().filter(|key| &*key.kty == "oct").count();
        if shared != 0 && shared != set.keys.len() {
            return Err(KeyError::MixedSet);
        }
        refuse_repeated(set.keys.iter().filter_map(|key| key.kid.as_deref()))?;
        let mut keys = Vec::with_capacity(set.keys.len());
        for members in &set.keys {
            match Jwk::from_members(members) {
                Ok(key) => keys.push(key),
                Err(error) if is_skipped(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if keys.is_empty() {
            Err(KeyError::EmptySet)
        } else {
            Ok(Self { keys })
        }
    }

    /// The keys that this crate can use, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
}

/// Refuses names of which two are equal.
pub(super) fn refuse_repeated<'a>(kids: impl Iterator<Item = &'a str>) -> Result<(), KeyError> {
    let mut seen = std::collections::HashSet::new();
    for kid in kids {
        if !seen.insert(kid) {
            return Err(KeyError::RepeatedKid);
        }
    }
    Ok(())
}

fn is_skipped(error: &KeyError) -> bool {
    matches!(
        error,
        KeyError::UnknownType
            | KeyError::UnknownCurve
            | KeyError::UnknownAlgorithm
            | KeyError::NotForSignatures
            | KeyError::OperationNotAllowed
    )
}

#[derive(Deserialize)]
struct RawSet<'a> {
    #[serde(borrow)]
    keys: Vec<JwkMembers<'a>>,
}
