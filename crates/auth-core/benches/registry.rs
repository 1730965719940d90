//! What a revocation costs, by how many records the node has cached: it must not scan them.
//!
//! `cargo bench -p auth-core --bench registry --features test-support`. The store is a stub that answers at once, so the
//! time is the registry's own.
//!
//! * `revoke`: a log-out on this node. With 1,000,000 cached records it may take twice the time that it takes with 1,000.
//! * `read_from_feed`: a revocation by another node, read from the feed in the background. It removes the record from the
//!   cache, so with 1,000,000 records it waits for memory that is in no cache of the processor; but it takes
//!   microseconds, not the milliseconds of a scan.

use std::collections::BTreeSet;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_core::testing::ManualClock;
use auth_core::{
    Change, FeedEntry, FeedState, Generation, NewToken, Realm, RefreshSession, RefreshState, RegistryLimits,
    Replacement, Scopes, Selector, StoreError, Subject, Timestamp, TokenDigest, TokenId, TokenRecord, TokenRegistry,
    TokenStore,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// How many are timed together.
const BATCH: u64 = 50;

fn revoke(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("revoke");
    for held in [1_000, 1_000_000] {
        let mut node = Node::new(held);
        group.bench_function(BenchmarkId::new("held", held), |bencher| {
            bencher.iter_custom(|iterations| node.time(iterations, Node::time_revocations));
        });
    }
    group.finish();
}

fn read_from_feed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read_from_feed");
    for held in [1_000, 1_000_000] {
        let mut node = Node::new(held);
        group.bench_function(BenchmarkId::new("held", held), |bencher| {
            bencher.iter_custom(|iterations| node.time(iterations, Node::time_feed));
        });
    }
    group.finish();
}

/// A node that has cached so many records, and gets a new one for each that it revokes.
struct Node {
    store: Arc<Stub>,
    registry: TokenRegistry,
    ids: Vec<TokenId>,
    last_id: i64,
    random: u64,
}

impl Node {
    fn new(held: usize) -> Self {
        let limits = RegistryLimits {
            records: 2 * held,
            staleness: None,
        };
        let store = Arc::new(Stub::default());
        let mut node = Self {
            registry: TokenRegistry::new(store.clone(), Arc::new(ManualClock::new()), limits),
            store,
            ids: Vec::with_capacity(held),
            last_id: 0,
            random: 1,
        };
        for _ in 0..held {
            let id = node.cache_one();
            node.ids.push(id);
        }
        node
    }

    fn cache_one(&mut self) -> TokenId {
        self.last_id += 1;
        let id = TokenId(self.last_id);
        block_on(self.registry.live(id)).expect("the stub has every record");
        id
    }

    fn time(&mut self, iterations: u64, mut batch: impl FnMut(&mut Self, &[TokenId]) -> Duration) -> Duration {
        let mut total = Duration::ZERO;
        let mut left = iterations;
        while left > 0 {
            let size = left.min(BATCH);
            left -= size;
            let indexes: BTreeSet<usize> = (0..size).map(|_| self.random_index()).collect();
            let ids: Vec<_> = indexes.iter().map(|index| self.ids[*index]).collect();
            // A few indexes were drawn twice.
            total += batch(self, &ids).mul_f64(size as f64 / ids.len() as f64);
            // Reads the feed, so that old revocations are forgotten; and caches as many records again.
            block_on(self.registry.sync()).expect("the stub has a feed");
            for index in indexes {
                self.ids[index] = self.cache_one();
            }
        }
        total
    }

    #[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    fn time_revocations(&mut self, ids: &[TokenId]) -> Duration {
        let start = Instant::now();
        for id in ids {
            black_box(block_on(self.registry.revoke(*id))).expect("the stub revokes");
        }
        start.elapsed()
    }

    #[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    fn time_feed(&mut self, ids: &[TokenId]) -> Duration {
        ids.iter().for_each(|id| self.store.add_to_feed(*id));
        let start = Instant::now();
        block_on(self.registry.sync()).expect("the stub has a feed");
        start.elapsed()
    }

    /// Knuth's linear congruential generator: all that is needed is that neighbours are not chosen one after the other.
    fn random_index(&mut self) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % self.ids.len()
    }
}

/// Nothing in this benchmark waits.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the stub answers at once"),
    }
}

/// A store that has every record, each of an owner of its own.
#[derive(Debug, Default)]
struct Stub {
    feed: Mutex<Vec<FeedEntry>>,
    scopes: Scopes,
}

impl Stub {
    fn add_to_feed(&self, id: TokenId) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = feed.last().map_or(1, |entry| entry.sequence + 1);
        feed.push(FeedEntry {
            sequence,
            change: Change::Ended(id),
            until: Timestamp::from_seconds(0),
        });
    }
}

fn unused<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("not used here".into()))
}

#[async_trait]
impl TokenStore for Stub {
    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        Ok(Some(TokenRecord {
            id,
            parent: None,
            flavour: "device".into(),
            realm: Realm::from_stored("shops"),
            subject: Subject(id.0),
            generation: Generation(0),
            scopes: self.scopes.clone(),
            digest: None,
            salt: None,
            key: None,
            issued_at: ManualClock::START,
            expires_at: None,
        }))
    }

    async fn revoke(&self, id: TokenId, _now: Timestamp) -> Result<bool, StoreError> {
        self.add_to_feed(id);
        Ok(true)
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        let feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(FeedState {
            identity: String::new(),
            newest: feed.last().map_or(0, |entry| entry.sequence),
            issued: 0,
            begun: 0,
            finished: 0,
        })
    }

    async fn changes(&self, after: i64, _limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> = feed.iter().filter(|entry| entry.sequence > after).copied().collect();
        let keep = feed.len().saturating_sub(1);
        feed.drain(..keep);
        Ok(new)
    }

    async fn insert(&self, _: NewToken) -> Result<Option<TokenId>, StoreError> {
        unused()
    }

    async fn replace(&self, _: TokenId, _: NewToken, _: Timestamp) -> Result<Option<Replacement>, StoreError> {
        unused()
    }

    async fn find_or_insert(&self, _: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        unused()
    }

    async fn find_session(&self, _: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        unused()
    }

    async fn rotate(&self, _: TokenId, _: &TokenDigest, _: &RefreshState) -> Result<bool, StoreError> {
        unused()
    }

    async fn touch(&self, _: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        unused()
    }

    async fn shorten(&self, _: TokenId, _: Timestamp, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn purge(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        unused()
    }
}

criterion_group!(benches, revoke, read_from_feed);
criterion_main!(benches);
