//! What a registry has done, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use super::TokenRegistry;

/// What a [`TokenRegistry`] holds now, and what it has done since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryCounters {
    /// Records that are cached now.
    pub records: usize,
    /// Revoked tokens and sessions that are remembered now.
    pub revoked: usize,
    /// Owners that are remembered now since what was issued to them earlier is revoked.
    pub owners: usize,
    /// Look-ups of a record that was not cached, in the store.
    pub reads: u64,
    /// Tokens and sessions that this node has revoked.
    pub revocations: u64,
    /// How often the feed was read to its end.
    pub syncs: u64,
    /// Entries of the feed that were applied.
    pub entries: u64,
    /// Entries among them that became visible long after later ones.
    pub late_entries: u64,
    /// How often a change was read of which no notice had come ([`TokenRegistry::note_missed_notice`]).
    pub missed_notices: u64,
    /// How often everything was dropped since the feed was another one.
    pub restarts: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) reads: AtomicU64,
    pub(super) revocations: AtomicU64,
    pub(super) syncs: AtomicU64,
    pub(super) entries: AtomicU64,
    pub(super) late_entries: AtomicU64,
    pub(super) missed_notices: AtomicU64,
    pub(super) restarts: AtomicU64,
}

impl TokenRegistry {
    /// What it holds and has done, for metrics.
    pub fn counters(&self) -> RegistryCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (revoked, owners) = self.revocations.sizes();
        RegistryCounters {
            records: self.records.len(),
            revoked,
            owners,
            reads: read(&self.counters.reads),
            revocations: read(&self.counters.revocations),
            syncs: read(&self.counters.syncs),
            entries: read(&self.counters.entries),
            late_entries: read(&self.counters.late_entries),
            missed_notices: read(&self.counters.missed_notices),
            restarts: read(&self.counters.restarts),
        }
    }
}

impl TokenRegistry {
    /// Counts a change that was read although [`watch`](Self::watch) had not woken for it.
    pub fn note_missed_notice(&self) {
        note(&self.counters.missed_notices);
    }
}

/// Counts one.
pub(super) fn note(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
