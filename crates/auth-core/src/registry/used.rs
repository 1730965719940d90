//! Last uses, collected in memory and written in batches.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::token::TokenId;

const SHARDS: usize = 16;

#[derive(Debug)]
pub(super) struct Used {
    shards: [Mutex<HashMap<TokenId, Timestamp>>; SHARDS],
    shard_limit: usize,
}

impl Used {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            shard_limit: limit.div_ceil(SHARDS).max(1),
        }
    }

    /// Notes a use. When too many wait to be written, further ones are not noted: a check never waits for a write.
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

    pub(super) fn take(&self) -> Vec<(TokenId, Timestamp)> {
        let all = self.shards.iter();
        let drained = all.flat_map(|shard| std::mem::take(&mut *lock(shard)));
        drained.collect()
    }

    pub(super) fn put_back(&self, batch: Vec<(TokenId, Timestamp)>) {
        batch.into_iter().for_each(|(id, at)| self.note(id, at));
    }

    fn shard(&self, id: TokenId) -> MutexGuard<'_, HashMap<TokenId, Timestamp>> {
        lock(&self.shards[id.0.unsigned_abs() as usize % SHARDS])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
