//! Errors of the contract: detailed for logs, opaque for clients. `Rejected` means that the token is not valid,
//! `Unavailable` that this could not be determined, and the two never replace each other: a store that fails says nothing
//! about a token.

use super::entropy::EntropyError;
use super::token::FlavourName;

/// A store could not do what it was asked. The text is for the server's log and has no values from the operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store was too busy, or two writers conflicted; a retry may succeed.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The store cannot be reached, or failed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store failed while it was committing: it is not known whether the operation was carried out.
    #[error("it is not known whether the store did this: {0}")]
    OutcomeUnknown(String),
    /// A stored row is not what was written.
    #[error("a stored row is damaged: {0}")]
    Corrupt(String),
}

/// Why an operation cannot be done at present.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The random source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// This node has not read the revocations for longer than it may go on without them.
    #[error("the list of revocations is out of date")]
    Stale,
    /// The source has presented too many unknown tokens; for a moment, nothing is read for it.
    #[error("too many unknown tokens from this source")]
    TooManyUnknown,
    /// A key that should be there is missing or unusable.
    #[error("no usable signing key")]
    NoKey,
    /// The server that knows cannot be asked, or its answer cannot be used.
    #[error("the server that knows the tokens: {0}")]
    Remote(String),
}

/// Why a token was rejected. For logs and metrics; the client learns only that it was.
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
    /// It has expired.
    #[error("expired")]
    Expired,
    /// It is not valid yet.
    #[error("not yet valid")]
    NotYetValid,
    /// A claim is missing, has the wrong type or the wrong value.
    #[error("unacceptable claims")]
    BadClaims,
    /// There is no such live token.
    #[error("unknown")]
    Unknown,
    /// It was issued by another flavour.
    #[error("of another flavour")]
    WrongFlavour,
    /// It was revoked, or its owner has been disabled or has changed the password since.
    #[error("revoked")]
    Revoked,
    /// It must be presented with a key, and was presented without one.
    #[error("presented without its key")]
    KeyMissing,
    /// The key presented with it belongs to another session.
    #[error("presented with another key")]
    KeyMismatch,
}

impl Rejection {
    /// Whether a verifier says by this that the token is none of its own: another one may accept it.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Malformed | Self::UnknownKey | Self::WrongFlavour
        )
    }
}

/// The outcome of a failed verification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not valid.
    #[error("token rejected: {0}")]
    Rejected(#[from] Rejection),
    /// The token may be valid; this cannot be determined now.
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
    /// Tokens of this issuer cannot be made from others, or replaced.
    #[error("this issuer makes no token from another")]
    Unsupported,
    /// The token could not be issued now.
    #[error("cannot issue: {0}")]
    Unavailable(#[from] Unavailable),
}

/// The outcome of a failed revocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The token presented for revocation is not valid itself.
    #[error("token rejected: {0}")]
    Rejected(#[from] Rejection),
    /// Tokens of this issuer cannot be revoked (see [`Capabilities`](crate::Capabilities)).
    #[error("this issuer cannot revoke")]
    Unsupported,
    /// The revocation could not be recorded; the token stays valid.
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
    /// It was used before, outside the grace: its session has been revoked.
    #[error("refresh token reused; its session has been revoked")]
    Reused,
    /// The refresh could not be done now; the token presented is still valid.
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
            VerifyError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}
