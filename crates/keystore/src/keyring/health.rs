//! Whether a process works with the keys that are in the store.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Keyring, Reloaded};
use crate::stored::KeyPurpose;

/// How the last [`Keyring::reload`] went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysHealth {
    /// When the store last answered, on the clock's monotonic scale; `None`: never.
    pub read_at: Option<Duration>,
    /// The purposes of which a key is damaged, or no key signs.
    pub failing: Vec<KeyPurpose>,
}

impl KeysHealth {
    /// Whether the keys were read at most `max_age` before `now` (on the clock's monotonic scale), and all can be used.
    #[must_use]
    pub fn is_good(&self, now: Duration, max_age: Duration) -> bool {
        self.failing.is_empty() && self.is_recent(now, max_age)
    }

    /// Whether the keys were read at most `max_age` before `now`, whatever can be used of them.
    #[must_use]
    pub fn is_recent(&self, now: Duration, max_age: Duration) -> bool {
        self.read_at
            .is_some_and(|read_at| now.saturating_sub(read_at) <= max_age)
    }
}

impl Keyring {
    /// How the last [`reload`](Self::reload) that the store answered went. Reads memory only.
    pub fn health(&self) -> KeysHealth {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note_reload(&self, read_at: Duration, reloaded: &Reloaded) {
        let mut failing: Vec<KeyPurpose> = reloaded
            .failures
            .iter()
            .map(|failure| failure.purpose.clone())
            .collect();
        failing.dedup();
        let health = KeysHealth {
            read_at: Some(read_at),
            failing,
        };
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}
