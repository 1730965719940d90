//! Why a sign-in failed, as the caller sees it.

use crate::contract::error::{StoreError, Unavailable};

use super::hashing::Busy;
use super::throttle::Throttled;

/// Why a sign-in by password failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// No account has this login name. A dialect answers it differently from [`WrongPassword`](Self::WrongPassword)
    /// only where its document says so.
    #[error("unknown login")]
    UnknownLogin,
    /// The password is wrong, or the account cannot sign in: it is disabled, has no password, or its stored hash is
    /// unusable.
    #[error("wrong password")]
    WrongPassword,
    /// Too many failures. The password was not checked, or the result is withheld.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// Too many sign-ins at once. The password was not checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password could not be checked.
    #[error("cannot sign in: {0}")]
    Unavailable(#[from] Unavailable),
}

impl SignInError {
    /// After how many seconds to try again, for a `Retry-After` header; `None` where waiting changes nothing, or the
    /// time is unknown.
    pub fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::Throttled(throttled) => throttled.retry_after,
            Self::Busy(busy) => busy.retry_after,
            Self::UnknownLogin | Self::WrongPassword | Self::Unavailable(_) => return None,
        };
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
