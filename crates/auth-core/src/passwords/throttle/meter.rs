//! One kind of counter: failures by key, in bounded memory.

use std::time::Duration;

use super::allowance::{Allowance, Micros};
use super::slots::Slots;

/// Failures by key against one allowance.
#[derive(Debug)]
pub(super) struct Meter {
    allowance: Allowance,
    slots: Slots,
}

impl Meter {
    pub(super) fn new(allowance: Allowance, capacity: usize) -> Self {
        Self {
            allowance,
            slots: Slots::new(capacity),
        }
    }

    /// How long `key` is locked; `None` when it is not.
    pub(super) fn wait(&self, key: u64, now: Micros) -> Option<Duration> {
        self.allowance.wait(self.slots.until(key), now)
    }

    /// Counts a failure. `false` when there is no room but that of active locks, which are kept: then the failure is not
    /// counted.
    pub(super) fn add(&mut self, key: u64, now: Micros) -> bool {
        let until = self.allowance.add(self.slots.until(key), now);
        self.slots.keep(key, until, self.lock_line(now))
    }

    /// Forgets the failures of `key`.
    pub(super) fn reset(&mut self, key: u64) {
        self.slots.forget(key);
    }

    /// A counter whose failures are forgotten after this moment is locked.
    fn lock_line(&self, now: Micros) -> Micros {
        now + self.allowance.longest_wait().as_micros() as Micros * Micros::from(self.allowance.failures() - 1)
    }
}
