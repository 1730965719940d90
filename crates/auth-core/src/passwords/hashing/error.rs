//! Why a password was not hashed.

use std::time::Duration;

use bcrypt_batch::UnusablePassword;

use crate::contract::entropy::EntropyError;

/// No hashing thread can take this password soon enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords to hash; again in {} s", retry_after.as_secs())]
pub struct Busy {
    /// When to try again: whole seconds, 1 to 8, drawn anew for each answer.
    pub retry_after: Duration,
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// It is empty, over 72 bytes or has a NUL: bcrypt could not distinguish it from every other password.
    #[error("{0}")]
    Unusable(UnusablePassword),
    /// No hashing thread has room for it.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// There is no salt for it.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}
