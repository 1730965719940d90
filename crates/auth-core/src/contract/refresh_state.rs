//! The refresh tokens of one session, as they are stored.

use std::fmt;

use super::clock::Timestamp;
use super::secret::TokenDigest;

/// By what the session of a refresh token is found: the SHA-256 of 128 random bits, which are the same in every token of
/// the session, and which no token shows (see the module `sessions::refresh`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(pub [u8; 32]);

impl Selector {
    /// The selector of a family, from its 128 random bits.
    pub(crate) fn of(family: &[u8; 16]) -> Self {
        Self(*TokenDigest::of(family).as_bytes())
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Selector(redacted)")
    }
}

/// The state of a *refresh family*: the refresh tokens of one session, each the successor of the one before.
///
/// Safe to store: it is of no use without the server's key and a token of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// By what the session is found.
    pub selector: Selector,
    /// The digest of the one token that may be used next.
    pub current: TokenDigest,
    /// The digest of its direct predecessor.
    pub previous: Option<TokenDigest>,
    /// The random half of the current token, sealed under the predecessor.
    pub sealed: Option<[u8; 16]>,
    /// Marks (the first 8 bytes of the digest) of the tokens before the previous one, newest first, at most
    /// [`RefreshState::REMEMBERED`].
    pub lineage: Vec<u8>,
    /// How many rotations there were.
    pub rotations: i64,
    /// When the current token was made.
    pub rotated_at: Timestamp,
}
