//! What the hashing threads have done, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bcrypt_batch::Workspace;

use super::backlog::Sizes;
use crate::contract::durations::{DurationCounts, Durations};

/// How long a job may have waited for a thread, for each bucket.
static WAITS: [Duration; 9] = [
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(10),
];

/// What a [`PasswordHasher`](super::PasswordHasher) has done since it was started, and what it is doing now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashingCounters {
    /// Jobs that wait now.
    pub waiting: usize,
    /// Jobs that are being hashed now.
    pub running: usize,
    /// How many threads hash.
    pub threads: usize,
    /// How many of them have a batch now.
    pub busy: usize,
    /// Jobs that were started.
    pub started: u64,
    /// Batches by their width: `batches[0]` of one job, `batches[1]` of two.
    pub batches: [u64; Workspace::MAX_WIDTH],
    /// Jobs refused because the queue, or their source's share of it, was full, or would have taken too long.
    pub refused: u64,
    /// Jobs refused after waiting past their deadline.
    pub expired: u64,
    /// Jobs that their callers gave up before they were started.
    pub abandoned: u64,
}

#[derive(Debug)]
pub(super) struct Counters {
    started: AtomicU64,
    batches: [AtomicU64; Workspace::MAX_WIDTH],
    refused: AtomicU64,
    expired: AtomicU64,
    abandoned: AtomicU64,
    waits: Durations,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            started: AtomicU64::default(),
            batches: Default::default(),
            refused: AtomicU64::default(),
            expired: AtomicU64::default(),
            abandoned: AtomicU64::default(),
            waits: Durations::new(&WAITS),
        }
    }
}

impl Counters {
    pub(super) fn note_batch(&self, jobs: usize) {
        add(&self.started, jobs);
        let width = jobs.clamp(1, Workspace::MAX_WIDTH) - 1;
        add(&self.batches[width], usize::from(jobs > 0));
    }

    pub(super) fn note_refused(&self) {
        add(&self.refused, 1);
    }

    pub(super) fn note_expired(&self, jobs: usize) {
        add(&self.expired, jobs);
    }

    pub(super) fn note_abandoned(&self, jobs: usize) {
        add(&self.abandoned, jobs);
    }

    /// Notes for how long a job has waited before it was started.
    pub(super) fn note_wait(&self, waited: Duration) {
        self.waits.note(waited);
    }

    pub(super) fn waits(&self) -> DurationCounts {
        self.waits.read()
    }

    pub(super) fn read(&self, sizes: Sizes) -> HashingCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        HashingCounters {
            waiting: sizes.waiting,
            running: sizes.running,
            threads: sizes.threads,
            busy: sizes.busy,
            started: read(&self.started),
            batches: self.batches.each_ref().map(read),
            refused: read(&self.refused),
            expired: read(&self.expired),
            abandoned: read(&self.abandoned),
        }
    }
}

fn add(counter: &AtomicU64, jobs: usize) {
    counter.fetch_add(jobs as u64, Ordering::Relaxed);
}
