//! What a service has done, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::contract::error::RefreshError;

/// What a [`TokenService`](super::TokenService) and its clones have done since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCounters {
    /// Tokens issued at a sign-in.
    pub issued: u64,
    /// Tokens issued for a refresh token that was current: the session has the next one since.
    pub refreshed: u64,
    /// Tokens issued for the direct predecessor of the current refresh token, within the grace: a retry.
    pub retried: u64,
    /// Refresh tokens that were used again outside the grace; the session of each was revoked.
    pub reused: u64,
    /// Refused: no refresh token at all.
    pub refresh_malformed: u64,
    /// Refused: of no live session.
    pub refresh_unknown: u64,
    /// Refused: the session has ended.
    pub refresh_expired: u64,
    /// Not exchanged, since something failed.
    pub refresh_unavailable: u64,
    /// Sessions ended by their own token.
    pub revoked: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) issued: AtomicU64,
    pub(super) refreshed: AtomicU64,
    pub(super) retried: AtomicU64,
    reused: AtomicU64,
    refresh_malformed: AtomicU64,
    refresh_unknown: AtomicU64,
    refresh_expired: AtomicU64,
    refresh_unavailable: AtomicU64,
    pub(super) revoked: AtomicU64,
}

impl Counters {
    pub(super) fn note_refused(&self, error: &RefreshError) {
        note(match error {
            RefreshError::Malformed => &self.refresh_malformed,
            RefreshError::Unknown => &self.refresh_unknown,
            RefreshError::Expired => &self.refresh_expired,
            RefreshError::Reused => &self.reused,
            RefreshError::Unavailable(_) => &self.refresh_unavailable,
        });
    }

    pub(super) fn read(&self) -> TokenCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TokenCounters {
            issued: read(&self.issued),
            refreshed: read(&self.refreshed),
            retried: read(&self.retried),
            reused: read(&self.reused),
            refresh_malformed: read(&self.refresh_malformed),
            refresh_unknown: read(&self.refresh_unknown),
            refresh_expired: read(&self.refresh_expired),
            refresh_unavailable: read(&self.refresh_unavailable),
            revoked: read(&self.revoked),
        }
    }
}

/// Counts one.
pub(super) fn note(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
