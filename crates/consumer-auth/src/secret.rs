//! The secrets of a caller: the current one, and for a while the one before. Only digests are stored.

use auth_core::{Timestamp, TokenDigest};

/// A secret that was replaced by rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviousSecret {
    /// Its digest.
    pub digest: TokenDigest,
    /// From when on it is refused.
    pub until: Timestamp,
}

/// A new secret for a caller, beside which the one before is accepted for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRotation {
    /// The caller's public name: the key of a consumer, the id of a resource server.
    pub key: String,
    /// The digest of its secret until now.
    pub from: TokenDigest,
    /// The digest of its new secret.
    pub to: TokenDigest,
    /// Until when `from` is accepted, too.
    pub previous_until: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// Whether `presented` is the current secret, or the one before whose time is not over. Takes the same time wherever they
/// differ.
pub(crate) fn accepts(
    current: &TokenDigest,
    previous: Option<&PreviousSecret>,
    presented: &TokenDigest,
    now: Timestamp,
) -> bool {
    let is_current = current == presented;
    let is_previous = previous.is_some_and(|previous| previous.digest == *presented && now < previous.until);
    is_current | is_previous
}

/// The digest of no known text, so that an unknown name costs a comparison too.
pub(crate) const OF_NOBODY: TokenDigest = TokenDigest::from_bytes([0; 32]);
