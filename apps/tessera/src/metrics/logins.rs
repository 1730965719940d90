//! The sign-ins by password of one flavour.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_core::{DurationCounts, Durations, SignInError};

use super::labels::{LOGINS, login_index};

/// The longest time of a sign-in, for each bucket: a hash alone takes a tenth of a second or more.
static TIMES: [Duration; 9] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Counts the sign-ins by password of one flavour: how each ended, and how long those took whose password was judged.
#[derive(Debug)]
pub(crate) struct LoginCounts {
    outcomes: [AtomicU64; LOGINS.len()],
    times: Durations,
}

impl Default for LoginCounts {
    fn default() -> Self {
        Self {
            outcomes: Default::default(),
            times: Durations::new(&TIMES),
        }
    }
}

impl LoginCounts {
    /// Counts one.
    pub(crate) fn note<T>(&self, outcome: &Result<T, SignInError>, took: Duration) {
        if let Some(counter) = self.outcomes.get(login_index(outcome)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Ok(_) | Err(SignInError::WrongPassword | SignInError::UnknownLogin) = outcome {
            self.times.note(took);
        }
    }

    pub(super) fn outcomes(&self) -> [u64; LOGINS.len()] {
        self.outcomes.each_ref().map(|counter| counter.load(Ordering::Relaxed))
    }

    pub(super) fn times(&self) -> DurationCounts {
        self.times.read()
    }
}
