//! The token records that this node has read, bounded, and indexed by session and by owner.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use super::Numbered;
use super::kept_record::{InCommon, KeptRecord};
use crate::contract::account::Subject;
use crate::contract::token::TokenId;
use crate::contract::token_store::TokenRecord;

const SHARDS: usize = 16;

/// A bounded cache of records.
///
/// A look-up locks one of the shards, for reading. A change locks the index first and then the shards it concerns, so
/// that index and shards always agree.
#[derive(Debug)]
pub(super) struct RecordCache {
    shards: [RwLock<Shard>; SHARDS],
    index: Mutex<Index>,
    shard_limit: usize,
}

/// Each has what its records have in common for itself, so that checks on many cores do not all count references in one place.
#[derive(Debug, Default)]
struct Shard {
    records: Numbered<TokenId, Box<KeptRecord>>,
    common: InCommon,
}

/// Which records belong to an owner or to a session. Ordered pairs take 16 bytes a record and no allocation each.
#[derive(Debug, Default)]
struct Index {
    by_subject: BTreeSet<(Subject, TokenId)>,
    /// Records that name another one as their session.
    by_parent: BTreeSet<(TokenId, TokenId)>,
}

impl RecordCache {
    /// A cache of at most about `limit` records.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            index: Mutex::default(),
            shard_limit: limit.div_ceil(SHARDS).max(1),
        }
    }

    pub(super) fn get(&self, id: TokenId) -> Option<TokenRecord> {
        let shard = self.shard(id).read().unwrap_or_else(PoisonError::into_inner);
        shard.records.get(&id).map(|kept| kept.record(id))
    }

    pub(super) fn contains(&self, id: TokenId) -> bool {
        let shard = self.shard(id).read().unwrap_or_else(PoisonError::into_inner);
        shard.records.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.index().by_subject.len()
    }

    /// Caches a record, if `unchanged` still holds once no other change can come in between. In a full shard another
    /// record makes room; it is read again when it is needed.
    pub(super) fn insert_if(&self, record: &TokenRecord, unchanged: impl FnOnce() -> bool) {
        let mut index = self.index();
        if !unchanged() {
            return;
        }
        let mut shard = write(self.shard(record.id));
        if shard.records.len() >= self.shard_limit
            && let Some(&other) = shard.records.keys().next()
        {
            shard.remove(&mut index, other);
        }
        // One that is read again by two callers at once.
        shard.remove(&mut index, record.id);
        shard.insert(&mut index, record);
    }

    /// Removes a record and those that name it as their session.
    pub(super) fn remove_session(&self, id: TokenId) {
        let mut index = self.index();
        let children = index.children_of(id);
        self.remove(&mut index, [id].into_iter().chain(children));
    }

    /// Removes the records of one owner.
    pub(super) fn remove_subject(&self, subject: Subject) {
        let mut index = self.index();
        let owned = index.owned_by(subject);
        self.remove(&mut index, owned);
    }

    /// Removes everything.
    pub(super) fn clear(&self) {
        let mut index = self.index();
        *index = Index::default();
        for shard in &self.shards {
            *write(shard) = Shard::default();
        }
    }

    fn remove(&self, index: &mut Index, ids: impl IntoIterator<Item = TokenId>) {
        for id in ids {
            write(self.shard(id)).remove(index, id);
        }
    }

    fn shard(&self, id: TokenId) -> &RwLock<Shard> {
        &self.shards[id.0.unsigned_abs() as usize % SHARDS]
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn insert(&mut self, index: &mut Index, record: &TokenRecord) {
        let kept = KeptRecord::new(record, &mut self.common);
        index.insert(record.id, &kept);
        self.records.insert(record.id, Box::new(kept));
    }

    fn remove(&mut self, index: &mut Index, id: TokenId) {
        if let Some(kept) = self.records.remove(&id) {
            index.remove(id, &kept);
            self.common.forget(*kept);
        }
    }
}

impl Index {
    fn insert(&mut self, id: TokenId, record: &KeptRecord) {
        self.by_subject.insert((record.subject(), id));
        if let Some(parent) = record.parent() {
            self.by_parent.insert((parent, id));
        }
    }

    fn remove(&mut self, id: TokenId, record: &KeptRecord) {
        self.by_subject.remove(&(record.subject(), id));
        if let Some(parent) = record.parent() {
            self.by_parent.remove(&(parent, id));
        }
    }

    fn owned_by(&self, subject: Subject) -> Vec<TokenId> {
        ids_of(&self.by_subject, subject)
    }

    fn children_of(&self, parent: TokenId) -> Vec<TokenId> {
        ids_of(&self.by_parent, parent)
    }
}

fn ids_of<K: Copy + Ord>(pairs: &BTreeSet<(K, TokenId)>, key: K) -> Vec<TokenId> {
    pairs
        .range((key, TokenId(i64::MIN))..=(key, TokenId(i64::MAX)))
        .map(|(_, id)| *id)
        .collect()
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::account::{Generation, Realm};
    use crate::contract::clock::Timestamp;
    use crate::contract::scope::Scopes;

    fn record(id: i64, subject: i64, parent: Option<i64>) -> TokenRecord {
        TokenRecord {
            id: TokenId(id),
            parent: parent.map(TokenId),
            flavour: "test".into(),
            realm: Realm::from_stored("test"),
            subject: Subject(subject),
            generation: Generation(0),
            scopes: Scopes::none(),
            digest: None,
            salt: None,
            key: None,
            issued_at: Timestamp::from_seconds(0),
            expires_at: None,
        }
    }

    /// Two records of owner 1 (a session and its child), one of owner 1 beside them, one of owner 2.
    fn cache() -> RecordCache {
        let cache = RecordCache::new(1000);
        for (id, subject, parent) in [(1, 1, None), (2, 1, Some(1)), (3, 1, None), (4, 2, None)] {
            cache.insert_if(&record(id, subject, parent), || true);
        }
        cache
    }

    fn cached(cache: &RecordCache) -> Vec<i64> {
        (0..100).filter(|id| cache.get(TokenId(*id)).is_some()).collect()
    }

    /// The index has exactly the records that the shards have.
    fn assert_index_agrees(cache: &RecordCache) {
        let index = cache.index();
        let (mut records, mut children) = (0, 0);
        for shard in &cache.shards {
            let shard = write(shard);
            for (id, record) in &shard.records {
                assert!(index.by_subject.contains(&(record.subject(), *id)));
                children += usize::from(record.parent().is_some());
            }
            records += shard.records.len();
            assert_eq!(shard.common.len(), usize::from(!shard.records.is_empty()));
        }
        assert_eq!((index.by_subject.len(), index.by_parent.len()), (records, children));
    }

    #[test]
    fn removing_a_session_removes_its_children_and_no_others() {
        let cache = cache();
        cache.remove_session(TokenId(1));
        assert_eq!(cached(&cache), [3, 4]);
        assert_index_agrees(&cache);
    }

    #[test]
    fn removing_a_child_leaves_its_session() {
        let cache = cache();
        cache.remove_session(TokenId(2));
        assert_eq!(cached(&cache), [1, 3, 4]);
        assert_index_agrees(&cache);
    }

    #[test]
    fn removing_an_owner_removes_all_of_its_records_and_no_others() {
        let cache = cache();
        cache.remove_subject(Subject(1));
        assert_eq!(cached(&cache), [4]);
        assert_index_agrees(&cache);
        cache.clear();
        assert_eq!(cached(&cache).len(), 0);
        assert_index_agrees(&cache);
    }

    #[test]
    fn a_record_that_changed_meanwhile_is_not_cached() {
        let cache = cache();
        cache.insert_if(&record(5, 1, None), || false);
        assert_eq!(cached(&cache), [1, 2, 3, 4]);
    }

    #[test]
    fn a_full_cache_stays_within_its_bound() {
        let cache = RecordCache::new(32);
        for id in 0..100 {
            cache.insert_if(&record(id, id % 7, (id % 3 == 0).then_some(id + 1)), || true);
            assert_index_agrees(&cache);
        }
        assert_eq!((cached(&cache).len(), cache.len()), (32, 32));
    }
}
