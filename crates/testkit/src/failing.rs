//! A store that fails when it is told to, counts its calls, and lets something else happen between two of them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_core::{
    FeedEntry, NewToken, RefreshSession, RefreshState, Selector, StoreError, Timestamp, TokenDigest, TokenId,
    TokenRecord, TokenStore,
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
    Revoke,
    Changes,
    Touch,
    Purge,
}

/// Before or after a call has done what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Before,
    /// It has happened, but the caller has not heard: an answer lost here is a commit whose reply never came.
    After,
}

/// What happens between two calls.
pub type Action = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A [`TokenStore`] around another one, under the control of a test.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn TokenStore>,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: u64,
    failing: bool,
    /// Which call from now on fails, and when in it; one is the next.
    fault: Option<(u64, Moment)>,
    meanwhile: Option<(Moment, StoreCall, Action)>,
    secrets: Vec<Vec<u8>>,
}

impl FailingStore {
    /// A store that works, for now.
    pub fn new(inner: Arc<dyn TokenStore>) -> Self {
        Self {
            inner,
            plan: Mutex::default(),
        }
    }

    /// Fails every call from now on, or none.
    pub fn fail_all(&self, failing: bool) {
        let mut plan = self.plan();
        plan.failing = failing;
        plan.fault = None;
    }

    /// Fails the `nth` call from now on (one is the next), and no other.
    pub fn fail_nth(&self, nth: u64, moment: Moment) {
        self.plan().fault = Some((nth, moment));
    }

    /// Takes back a fault, and says whether it had not come to pass.
    pub fn mend(&self) -> bool {
        let mut plan = self.plan();
        plan.failing = false;
        plan.fault.take().is_some()
    }

    /// At the next such call, once, has something else happen first.
    pub fn meanwhile(&self, moment: Moment, call: StoreCall, action: Action) {
        self.plan().meanwhile = Some((moment, call, action));
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Whatever was handed over to be stored that follows from a secret.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        self.plan().secrets.clone()
    }

    async fn around<T>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.plan().calls += 1;
        // Others get their turn between any two calls, as they would while a database works.
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
            true => Err(StoreError::Unavailable(format!("{call:?} was told to fail"))),
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

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.around(StoreCall::Changes, self.inner.changes(after, limit)).await
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.around(StoreCall::Touch, self.inner.touch(used)).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.around(StoreCall::Purge, self.inner.purge(before, limit)).await
    }
}
