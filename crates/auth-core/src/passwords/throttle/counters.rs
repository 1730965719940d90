//! What a throttle has counted, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a [`Throttle`](super::Throttle) has counted since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThrottleCounters {
    /// Failures counted.
    pub failures: u64,
    /// Attempts refused by the counter of account and address.
    pub refused_by_pair: u64,
    /// Attempts refused by the counters of the address and of the networks it is part of.
    pub refused_by_address: u64,
    /// Attempts refused by the counter of the account.
    pub refused_by_account: u64,
    /// Failures that a counter had no room for. More than 0 means that its table is full of active locks.
    pub uncounted: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    failures: AtomicU64,
    uncounted: AtomicU64,
    /// Pair, networks, account.
    refused: [AtomicU64; 3],
}

impl Counters {
    /// Notes a failure, and how many counters had no room for it.
    pub(super) fn note_failure(&self, uncounted: u64) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.uncounted.fetch_add(uncounted, Ordering::Relaxed);
    }

    /// Notes which counters locked an attempt, if any: pair, networks, account.
    pub(super) fn note_refusal(&self, waits: &[Option<Duration>; 3]) {
        for (counter, wait) in self.refused.iter().zip(waits) {
            counter.fetch_add(wait.is_some().into(), Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self) -> ThrottleCounters {
        let [pair, address, account] = self.refused.each_ref().map(|c| c.load(Ordering::Relaxed));
        ThrottleCounters {
            failures: self.failures.load(Ordering::Relaxed),
            refused_by_pair: pair,
            refused_by_address: address,
            refused_by_account: account,
            uncounted: self.uncounted.load(Ordering::Relaxed),
        }
    }
}
