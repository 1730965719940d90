//! Tells clients that their token expires soon.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, SystemClock, VerifiedToken};

/// Says of a token that expires soon when it does, so that its client gets another one before it is refused.
///
/// Services send the moment in the header [`TOKEN_EXPIRES_AT`](Self::TOKEN_EXPIRES_AT) of their answers; `RequireAuth::expiry_notice` of
/// auth-actix and auth-axum does so.
#[derive(Clone, Debug)]
pub struct ExpiryNotice {
    within: Duration,
    clock: Arc<dyn Clock>,
}

impl ExpiryNotice {
    /// The header of an answer: seconds since 1970, as `exp` in a JWT (RFC 7519 section 2, NumericDate).
    pub const TOKEN_EXPIRES_AT: &str = "Token-Expires-At";

    /// For tokens that expire within this time.
    #[must_use]
    pub fn within(within: Duration) -> Self {
        Self::with_clock(within, Arc::new(SystemClock::new()))
    }

    /// The same with another clock.
    pub fn with_clock(within: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { within, clock }
    }

    /// When this token expires, in seconds since 1970; `None` where that is never, or not soon.
    #[must_use]
    pub fn of(&self, token: &VerifiedToken) -> Option<i64> {
        let expires_at = token.expires_at()?;
        let soon = self.clock.now().plus(self.within);
        (expires_at <= soon).then(|| expires_at.as_millis().div_euclid(1000))
    }
}
