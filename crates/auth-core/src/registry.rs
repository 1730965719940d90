//! What this node knows of live tokens, so that a check reads no database: the changes of the feed, and the records it
//! has seen. Everything here is bounded, and everything here is a copy: the store decides.

mod ended;
mod seen;
mod used;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Rejection, StoreError, Unavailable, VerifyError};
use crate::store::{Change, TokenRecord, TokenStore};
use crate::token::{SessionRef, TokenId};

use ended::Ended;
use seen::Seen;
use used::Used;

/// The bounds of what a node keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryLimits {
    /// How many records it keeps; further ones push out others, which are then read again when needed.
    pub records: usize,
    /// For how long it goes on answering without having heard the feed; then it answers
    /// [`Unavailable::Stale`]. `None`: for ever, for a process that is the only one on its store.
    pub staleness: Option<Duration>,
}

impl Default for RegistryLimits {
    /// 100,000 records (some 25 MB), 5 seconds.
    fn default() -> Self {
        Self {
            records: 100_000,
            staleness: Some(Duration::from_secs(5)),
        }
    }
}

/// The live tokens as this node knows them. One for each store, shared by all issuers on it.
///
/// Somebody has to call [`sync`](Self::sync) several times a second, and [`flush_used`](Self::flush_used) and
/// [`purge`](Self::purge) every now and then; the server does. Before the first `sync` nothing verifies, unless
/// [`RegistryLimits::staleness`] is `None`.
#[derive(Debug)]
pub struct TokenRegistry {
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    limits: RegistryLimits,
    seen: Seen,
    ended: Ended,
    used: Used,
    /// Counts the changes heard of. A record that was read before a change and comes home after it is not kept.
    epoch: AtomicU64,
    feed: tokio::sync::Mutex<ended::FeedPosition>,
}

impl TokenRegistry {
    /// A registry that knows nothing yet.
    pub fn new(store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>, limits: RegistryLimits) -> Self {
        Self {
            seen: Seen::new(limits.records),
            ended: Ended::default(),
            used: Used::new(limits.records),
            epoch: AtomicU64::new(0),
            feed: tokio::sync::Mutex::default(),
            store,
            clock,
            limits,
        }
    }

    /// The store behind it.
    pub fn store(&self) -> &Arc<dyn TokenStore> {
        &self.store
    }

    /// The clock it reads.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Refuses a token whose session, or whose owner's generation, is known to have ended. Reads memory only.
    ///
    /// # Errors
    /// [`Rejection::Revoked`], or [`Unavailable::Stale`] when this node has not heard the feed for too long.
    pub fn refuse_ended(&self, session: &SessionRef) -> Result<(), VerifyError> {
        self.refuse_stale()?;
        match self.ended.covers(session) {
            true => Err(Rejection::Revoked.into()),
            false => Ok(()),
        }
    }

    /// The live record of this name, from memory if it was seen before.
    ///
    /// # Errors
    /// [`Rejection::Unknown`] or [`Rejection::Revoked`], or trouble of the store.
    pub async fn live(&self, id: TokenId) -> Result<Arc<TokenRecord>, VerifyError> {
        self.refuse_stale()?;
        let record = match self.seen.get(id) {
            Some(record) => record,
            None => self.read(id).await?,
        };
        let sessions = [Some(record.id), record.parent].into_iter().flatten();
        for id in sessions {
            self.refuse_ended(&session_of(&record, id))?;
        }
        Ok(record)
    }

    /// Ends a token or session on this node at once, and on the others through the feed.
    ///
    /// # Errors
    /// When the store fails; the token lives on.
    pub async fn revoke(&self, id: TokenId) -> Result<bool, StoreError> {
        let ended = self.store.revoke(id, self.clock.now()).await?;
        match ended {
            true => self.apply(Change::Ended(id)),
            // Somebody else ended it, perhaps on another node; then the feed knows, and so must we before we answer.
            false => self.sync().await?,
        }
        Ok(ended)
    }

    /// Notes that a token was used just now. Written by [`flush_used`](Self::flush_used), never in the request.
    pub fn note_used(&self, id: TokenId) {
        self.used.note(id, self.clock.now());
    }

    /// Reads the feed on and applies what is new; the first time, all of it.
    ///
    /// # Errors
    /// When the store fails; what was known stays known.
    pub async fn sync(&self) -> Result<(), StoreError> {
        let mut position = self.feed.lock().await;
        let asked_at = self.clock.monotonic();
        loop {
            let page = self.store.changes(position.after(), ended::PAGE).await?;
            let last_page = page.len() < ended::PAGE as usize;
            for entry in position.take_new(page, asked_at) {
                self.ended.remember(&entry);
                self.apply(entry.change);
            }
            if last_page {
                break;
            }
        }
        position.settle(asked_at);
        self.ended.forget_before(self.clock.now().minus(ended::MARGIN));
        self.ended.heard_at(asked_at);
        Ok(())
    }

    /// Writes the last uses collected since the last call.
    ///
    /// # Errors
    /// When the store fails; what was collected is kept for the next call.
    pub async fn flush_used(&self) -> Result<usize, StoreError> {
        let batch = self.used.take();
        let written = self.store.touch(&batch).await;
        if let Err(error) = written {
            self.used.put_back(batch);
            return Err(error);
        }
        Ok(batch.len())
    }

    /// Removes a few records that ended before `keep` ago, and says how many. Small steps, so that nobody waits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn purge(&self, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        let before = self.clock.now().minus(keep);
        self.store.purge(before, limit).await
    }

    /// How long ago this node last heard the feed; `None`: never.
    pub fn staleness(&self) -> Option<Duration> {
        let heard_at = self.ended.last_heard()?;
        Some(self.clock.monotonic().saturating_sub(heard_at))
    }

    /// How many records are held in memory.
    pub fn held(&self) -> usize {
        self.seen.len()
    }

    async fn read(&self, id: TokenId) -> Result<Arc<TokenRecord>, VerifyError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let record = self.store.find(id).await?.ok_or(Rejection::Unknown)?;
        let record = Arc::new(record);
        let unchanged = || self.epoch.load(Ordering::SeqCst) == epoch;
        self.seen.keep_if(record.clone(), unchanged);
        Ok(record)
    }

    fn apply(&self, change: Change) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        match change {
            Change::Ended(id) => {
                self.ended.note_token(id);
                self.seen.forget(|record| record.id == id || record.parent == Some(id));
            }
            Change::Superseded(subject, _) | Change::SubjectRights(subject) => {
                self.seen.forget(|record| record.subject == subject);
            }
            Change::AllRights => self.seen.forget(|_| true),
        }
    }

    fn refuse_stale(&self) -> Result<(), VerifyError> {
        let Some(bound) = self.limits.staleness else {
            return Ok(());
        };
        match self.staleness() {
            Some(age) if age <= bound => Ok(()),
            _ => Err(Unavailable::Stale.into()),
        }
    }
}

fn session_of(record: &TokenRecord, id: TokenId) -> SessionRef {
    SessionRef {
        id,
        generation: record.generation,
        subject: record.subject,
    }
}
