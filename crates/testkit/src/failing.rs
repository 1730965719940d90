//! A store that fails on demand, counts its calls, and runs an action between two of them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_core::{
    ChangeWatch, Clock, FeedEntry, FeedState, NewToken, RefreshSession, RefreshState, Replacement, Selector,
    StoreError, Timestamp, TokenDigest, TokenId, TokenRecord, TokenStore,
};

/// A method of [`TokenStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named after the methods")]
pub enum StoreCall {
    Insert,
    FindOrInsert,
    Find,
    FindSession,
    Rotate,
    Now,
    Revoke,
    FeedState,
    Changes,
    Touch,
    Shorten,
    /// A call of `replace`.
    Replace,
    Purge,
}

/// Before or after the work of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The work has not started.
    Before,
    /// The work is done, but the caller has no answer yet: a fault here is a commit whose answer is lost.
    After,
}

/// An action that runs between two calls.
pub type Action = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A [`TokenStore`] around another one, under the control of a test.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn TokenStore>,
    /// What it says the time is, unless the store within says so itself.
    clock: Option<Arc<dyn Clock>>,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: u64,
    failing: bool,
    /// Which call from now on fails (1 is the next), and at which moment.
    fault: Option<(u64, Moment)>,
    meanwhile: Option<(Moment, StoreCall, Action)>,
    secrets: Vec<Vec<u8>>,
}

impl FailingStore {
    /// A store that works until a fault is planned.
    pub fn new(inner: Arc<dyn TokenStore>) -> Self {
        Self {
            inner,
            clock: None,
            plan: Mutex::default(),
        }
    }

    /// The same, with a clock of its own that nodes can compare theirs with.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// Makes every call from now on fail, or none.
    pub fn fail_all(&self, failing: bool) {
        let mut plan = self.plan();
        plan.failing = failing;
        plan.fault = None;
    }

    /// Makes the `nth` call from now on fail (1 is the next), and no other.
    pub fn fail_nth(&self, nth: u64, moment: Moment) {
        self.plan().fault = Some((nth, moment));
    }

    /// Clears a planned fault. `true` if it had not happened yet.
    pub fn clear_fault(&self) -> bool {
        let mut plan = self.plan();
        plan.failing = false;
        plan.fault.take().is_some()
    }

    /// Runs an action at the next such call, once.
    pub fn meanwhile(&self, moment: Moment, call: StoreCall, action: Action) {
        self.plan().meanwhile = Some((moment, call, action));
    }

    /// The number of calls so far.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Every value derived from a secret that was passed to be stored.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        self.plan().secrets.clone()
    }

    async fn around<T>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.plan().calls += 1;
        // Other tasks can run between any two calls, as they do while a database works.
        tokio::task::yield_now().await;
        self.at(Moment::Before, call).await?;
        let answer = work.await?;
        self.at(Moment::After, call).await?;
        Ok(answer)
    }

    async fn at(&self, moment: Moment, call: StoreCall) -> Result<(), StoreError> {
        let action = self.plan().take_action(moment, call);
        if let Some(action) = action {
            action().await;
        }
        match self.plan().fails(moment) {
            true => Err(StoreError::Unavailable(format!("{call:?} fails on demand"))),
            false => Ok(()),
        }
    }

    fn note_secrets(&self, new: &NewToken) {
        let digests = [new.digest, new.key].into_iter().flatten();
        let mut secrets: Vec<Vec<u8>> = digests.map(|digest| digest.as_bytes().to_vec()).collect();
        secrets.extend(new.salt.map(|salt| salt.to_vec()));
        self.plan().secrets.extend(secrets);
        if let Some(refresh) = &new.refresh {
            self.note_family(refresh);
        }
    }

    fn note_family(&self, family: &RefreshState) {
        let mut plan = self.plan();
        plan.secrets.push(family.selector.0.to_vec());
        plan.secrets.push(family.current.as_bytes().to_vec());
        plan.secrets.extend(family.sealed.map(|sealed| sealed.to_vec()));
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn take_action(&mut self, moment: Moment, call: StoreCall) -> Option<Action> {
        let due = matches!(&self.meanwhile, Some((m, c, _)) if *m == moment && *c == call);
        let taken = if due { self.meanwhile.take() } else { None };
        taken.map(|(_, _, action)| action)
    }

    fn fails(&mut self, moment: Moment) -> bool {
        let Some((left, when)) = &mut self.fault else {
            return self.failing && moment == Moment::Before;
        };
        if *when != moment {
            return false;
        }
        *left -= 1;
        let due = *left == 0;
        if due {
            self.fault = None;
        }
        due
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls", self.calls)
    }
}

#[async_trait]
impl TokenStore for FailingStore {
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        self.note_secrets(&new);
        self.around(StoreCall::Insert, self.inner.insert(new)).await
    }

    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        self.note_secrets(&new);
        self.around(StoreCall::FindOrInsert, self.inner.find_or_insert(new))
            .await
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.around(StoreCall::Find, self.inner.find(id)).await
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        self.around(StoreCall::FindSession, self.inner.find_session(selector))
            .await
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        self.note_family(to);
        self.around(StoreCall::Rotate, self.inner.rotate(id, from, to)).await
    }

    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        self.around(StoreCall::Revoke, self.inner.revoke(id, now)).await
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        self.around(StoreCall::FeedState, self.inner.feed_state()).await
    }

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.around(StoreCall::Changes, self.inner.changes(after, limit)).await
    }

    fn watch_feed(&self) -> ChangeWatch {
        self.inner.watch_feed()
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.around(StoreCall::Touch, self.inner.touch(used)).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.around(StoreCall::Shorten, self.inner.shorten(id, until, now))
            .await
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        self.note_secrets(&new);
        self.around(StoreCall::Replace, self.inner.replace(old, new, old_ends_at))
            .await
    }

    async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        let own = self.clock.as_ref().map(|clock| clock.now());
        let now = self.around(StoreCall::Now, self.inner.now()).await?;
        Ok(now.or(own))
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.around(StoreCall::Purge, self.inner.purge(before, limit)).await
    }
}
