//! Times of last use, collected in memory and written in batches.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Numbered;
use crate::contract::clock::Timestamp;
use crate::contract::token::TokenId;

const SHARDS: usize = 16;

#[derive(Debug)]
pub(super) struct LastUse {
    shards: [Mutex<Numbered<TokenId, Timestamp>>; SHARDS],
    shard_limit: usize,
}

impl LastUse {
    /// Collects at most about `limit` times.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            shard_limit: limit.div_ceil(SHARDS).max(1),
        }
    }

    /// Notes a use. When too many wait to be written, uses of further tokens are not noted: a check never waits for a
    /// write.
    pub(super) fn note(&self, id: TokenId, at: Timestamp) {
        let mut shard = self.shard(id);
        let room = shard.len() < self.shard_limit;
        match shard.get_mut(&id) {
            Some(last) => *last = at.max(*last),
            None if room => {
                shard.insert(id, at);
            }
            None => {}
        }
    }

    /// Takes out all that was collected, to be written.
    pub(super) fn take(&self) -> Batch<'_> {
        let all = self.shards.iter();
        let drained = all.flat_map(|shard| std::mem::take(&mut *lock(shard)));
        Batch {
            uses: drained.collect(),
            from: self,
        }
    }

    fn shard(&self, id: TokenId) -> MutexGuard<'_, Numbered<TokenId, Timestamp>> {
        lock(&self.shards[id.0.unsigned_abs() as usize % SHARDS])
    }
}

/// Times of last use that are being written. Dropped without being written, they are put back: the store failed, or the
/// server stops in the middle of it.
#[must_use]
pub(super) struct Batch<'a> {
    uses: Vec<(TokenId, Timestamp)>,
    from: &'a LastUse,
}

impl Batch<'_> {
    pub(super) fn uses(&self) -> &[(TokenId, Timestamp)] {
        &self.uses
    }

    /// Notes that they were written, and says how many they were.
    pub(super) fn written(mut self) -> usize {
        std::mem::take(&mut self.uses).len()
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        for (id, at) in self.uses.drain(..) {
            self.from.note(id, at);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
