//! What can go wrong: detailed inside, opaque outside. `Rejected` is the caller's doing, `Unavailable` is ours, and the
//! two never stand in for each other: a failing store is no verdict about a token.

use super::entropy::EntropyError;
use super::token::FlavourName;

/// A store could not do what it was asked. Says nothing about any token. The text is for our log; it names no bound
/// value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store was too busy, or two writers got in each other's way; a retry may go through.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The store cannot be reached, or failed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A stored row is not what was written.
    #[error("a stored row is damaged: {0}")]
    Corrupt(String),
}

/// Why nobody can know at present.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The random source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// This node has not heard of revocations for longer than it may go without.
    #[error("the list of revocations is out of date")]
    Stale,
    /// A key that should be there is not, or would not work.
    #[error("no usable signing key")]
    NoKey,
}

/// Why a token was refused. For logs and metrics; a caller is told only that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It does not have the form of a token of this kind.
    #[error("malformed")]
    Malformed,
    /// It names a key that this verifier does not have.
    #[error("unknown key")]
    UnknownKey,
    /// Its signature or secret is wrong.
    #[error("wrong signature or secret")]
    BadSignature,
    /// Its end has come.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYetValid,
    /// A claim is missing, has the wrong type or the wrong value.
    #[error("unacceptable claims")]
    BadClaims,
    /// No such token lives.
    #[error("unknown")]
    Unknown,
    /// It was issued by another flavour.
    #[error("of another flavour")]
    WrongFlavour,
    /// It was revoked, or its owner has been disabled or has changed the password since.
    #[error("revoked")]
    Revoked,
    /// It must be presented with a key, and none or more came.
    #[error("presented without its key")]
    KeyMissing,
    /// The key presented with it belongs to another session.
    #[error("presented with another key")]
    KeyMismatch,
}

/// The outcome of a failed verification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is no good.
    #[error("token rejected: {0}")]
    Rejected(#[from] Rejection),
    /// The token may be good; we cannot know now.
    #[error("cannot verify: {0}")]
    Unavailable(#[from] Unavailable),
}

/// Why something cannot be built over an issuer. A mistake in how a program is put together, found at start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerSetupError {
    /// The issuer records no sessions ([`Capabilities::recorded`](crate::Capabilities::recorded)), and what is built
    /// over it keeps something in them.
    #[error("{needed_by} needs recorded sessions, and the issuer of flavour `{flavour}` records none")]
    SessionsNotRecorded {
        /// The issuer's flavour.
        flavour: FlavourName,
        /// What needs the records: `binding to a key` or `refreshing`.
        needed_by: &'static str,
    },
}

/// The outcome of a failed issue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The owner was disabled, or changed the password, or the session ended, since the credentials were checked.
    #[error("the owner is no longer entitled to a token")]
    NotEntitled,
    /// The token could not be made now.
    #[error("cannot issue: {0}")]
    Unavailable(#[from] Unavailable),
}

/// The outcome of a failed revocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The token presented for revocation is no good itself.
    #[error("token rejected: {0}")]
    Rejected(#[from] Rejection),
    /// Tokens of this issuer cannot be revoked (see [`Capabilities`](crate::Capabilities)).
    #[error("this issuer cannot revoke")]
    Unsupported,
    /// The revocation could not be recorded; the token lives on.
    #[error("cannot revoke: {0}")]
    Unavailable(#[from] Unavailable),
}

/// The outcome of a failed refresh.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// It does not have the form of a refresh token.
    #[error("refresh token malformed")]
    Malformed,
    /// No live session of this flavour has it.
    #[error("refresh token unknown")]
    Unknown,
    /// The session has reached its idle or absolute end.
    #[error("session expired")]
    Expired,
    /// It was used before, outside the grace: its session has been ended.
    #[error("refresh token reused; its session has been ended")]
    Reused,
    /// The refresh could not be done now; the token presented is still good.
    #[error("cannot refresh: {0}")]
    Unavailable(#[from] Unavailable),
}

macro_rules! through_unavailable {
    ($($source:ty => $($error:ty),+;)+) => {
        $($(impl From<$source> for $error {
            fn from(source: $source) -> Self {
                Self::Unavailable(source.into())
            }
        })+)+
    };
}

through_unavailable! {
    StoreError => VerifyError, IssueError, RevokeError, RefreshError;
    EntropyError => VerifyError, IssueError, RevokeError, RefreshError;
}

impl From<VerifyError> for RevokeError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Rejected(rejection) => Self::Rejected(rejection),
            VerifyError::Unavailable(trouble) => Self::Unavailable(trouble),
        }
    }
}
