//! The records this node has seen, bounded.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::store::TokenRecord;
use crate::token::TokenId;

const SHARDS: usize = 16;

type Shard = RwLock<HashMap<TokenId, Arc<TokenRecord>>>;

#[derive(Debug)]
pub(super) struct Seen {
    shards: [Shard; SHARDS],
    shard_limit: usize,
}

impl Seen {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            shard_limit: limit.div_ceil(SHARDS).max(1),
        }
    }

    pub(super) fn get(&self, id: TokenId) -> Option<Arc<TokenRecord>> {
        read(self.shard(id)).get(&id).cloned()
    }

    /// Keeps a record, if `unchanged` still says so once nobody can clear the shard in between. In a full shard
    /// another record makes room; it is read again when it is needed.
    pub(super) fn keep_if(&self, record: Arc<TokenRecord>, unchanged: impl Fn() -> bool) {
        let mut shard = write(self.shard(record.id));
        if !unchanged() {
            return;
        }
        if shard.len() >= self.shard_limit
            && let Some(&other) = shard.keys().next()
        {
            shard.remove(&other);
        }
        shard.insert(record.id, record);
    }

    pub(super) fn forget(&self, gone: impl Fn(&TokenRecord) -> bool) {
        for shard in &self.shards {
            write(shard).retain(|_, record| !gone(record));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).len()).sum()
    }

    fn shard(&self, id: TokenId) -> &Shard {
        &self.shards[id.0.unsigned_abs() as usize % SHARDS]
    }
}

fn read(shard: &Shard) -> RwLockReadGuard<'_, HashMap<TokenId, Arc<TokenRecord>>> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &Shard) -> RwLockWriteGuard<'_, HashMap<TokenId, Arc<TokenRecord>>> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}
