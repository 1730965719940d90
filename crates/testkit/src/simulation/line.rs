//! A node's connection to the store, with every fault that a connection has.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    FeedEntry, FeedState, NewToken, RefreshSession, RefreshState, Replacement, Selector, StoreError, Timestamp,
    TokenDigest, TokenId, TokenRecord, TokenStore,
};

use super::feed::{Feed, Late};
use super::kernel::Kernel;
use super::node::wall;
use super::scheduler::now;

/// A [`TokenStore`] over a connection that is slow, fails before the work, or loses the answer after it.
#[derive(Debug)]
pub(super) struct Line {
    kernel: Arc<Kernel>,
    store: Arc<dyn TokenStore>,
    feed: Arc<Feed>,
    faults: Arc<Faults>,
    late_rows: bool,
    /// Until when every call fails, in nanoseconds of virtual time.
    cut_until: AtomicU64,
    /// When the latest reading of the feed began that was answered, likewise.
    read_at: AtomicU64,
}

/// How many faults there were.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) failed: AtomicU64,
    pub(super) lost_answers: AtomicU64,
    pub(super) slow: AtomicU64,
    pub(super) late_rows: AtomicU64,
}

impl Line {
    pub(super) fn new(
        kernel: Arc<Kernel>,
        store: Arc<dyn TokenStore>,
        feed: Arc<Feed>,
        faults: Arc<Faults>,
        late_rows: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            kernel,
            store,
            feed,
            faults,
            late_rows,
            cut_until: AtomicU64::new(0),
            read_at: AtomicU64::new(0),
        })
    }

    /// Fails every call for this long.
    pub(super) fn cut(&self, time: Duration) {
        let until = (self.kernel.now() + time).as_nanos() as u64;
        self.cut_until.store(until, Ordering::SeqCst);
    }

    /// When the latest reading of the feed began that was answered; `None`: there was none since the last restart.
    pub(super) fn read_at(&self) -> Option<Duration> {
        let at = self.read_at.load(Ordering::SeqCst);
        (at > 0).then(|| Duration::from_nanos(at))
    }

    /// The process at this end of the connection was restarted.
    pub(super) fn restart(&self) {
        self.read_at.store(0, Ordering::SeqCst);
    }

    /// Does one operation of a store over this connection. What it publishes can be read when it answers.
    pub(super) async fn call<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.delay().await;
        if self.is_cut() || self.strikes(80) {
            self.faults.failed.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Unavailable("the connection failed before the work".into()));
        }
        let answer = now(work);
        let late = self.hide_new();
        self.delay().await;
        drop(late);
        if self.is_cut() || self.strikes(80) {
            self.faults.lost_answers.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::Unavailable("the answer was lost after the work".into()));
        }
        answer
    }

    async fn delay(&self) {
        if self.kernel.is_calm() {
            return;
        }
        let slow = self.kernel.one_in(50);
        let longest = if slow { 3000 } else { 8 };
        self.faults.slow.fetch_add(u64::from(slow), Ordering::SeqCst);
        let time = self.kernel.up_to(Duration::from_millis(longest));
        self.kernel.sleep(time).await;
    }

    fn strikes(&self, one_in: usize) -> bool {
        !self.kernel.is_calm() && self.kernel.one_in(one_in)
    }

    fn is_cut(&self) -> bool {
        let now = self.kernel.now().as_nanos() as u64;
        !self.kernel.is_calm() && now < self.cut_until.load(Ordering::SeqCst)
    }

    /// Hides the entries that the operation just done has published, until the guard is dropped.
    fn hide_new(&self) -> Late<'_> {
        let new = now(self.store.changes(self.feed.highest(), u32::MAX)).unwrap_or_default();
        let new: Vec<i64> = new.iter().map(|entry| entry.sequence).collect();
        let hidden = self.feed.hide(&new, self.late_rows);
        self.faults.late_rows.fetch_add(hidden.count() as u64, Ordering::SeqCst);
        hidden
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        write!(
            f,
            "{} failed calls, {} lost answers, {} slow calls, {} late rows",
            count(&self.failed),
            count(&self.lost_answers),
            count(&self.slow),
            count(&self.late_rows)
        )
    }
}

#[async_trait]
impl TokenStore for Line {
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        self.call(self.store.insert(new)).await
    }

    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        self.call(self.store.find_or_insert(new)).await
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.call(self.store.find(id)).await
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        self.call(self.store.find_session(selector)).await
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        self.call(self.store.rotate(id, from, to)).await
    }

    async fn revoke(&self, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
        self.call(self.store.revoke(id, at)).await
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        let state = async { Ok(self.feed.with_open(self.store.feed_state().await?)) };
        self.call(state).await
    }

    /// A page without the entries that cannot be read yet. It is full unless it is the last.
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let began = self.kernel.now().as_nanos() as u64;
        let read = async {
            let mut page = self.store.changes(after, u32::MAX).await?;
            page.retain(|entry| self.feed.is_visible(entry.sequence));
            page.truncate(limit as usize);
            Ok(page)
        };
        let page = self.call(read).await?;
        self.read_at.fetch_max(began, Ordering::SeqCst);
        Ok(page)
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        self.call(self.store.replace(old, new, old_ends_at)).await
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.call(self.store.touch(used)).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.call(self.store.shorten(id, until, now)).await
    }

    /// The time by the clock of the store's machine, which is right.
    async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call(async { Ok(Some(wall(self.kernel.now()))) }).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.call(self.store.purge(before, limit)).await
    }
}
