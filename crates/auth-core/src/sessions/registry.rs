//! What this node keeps in memory of live tokens, so that a check reads no database: the revocations, read from the feed
//! of changes, and the records it has read. All of it is bounded, and a copy: the store decides.

mod counters;
mod feed_position;
mod follow_feed;
mod kept_record;
mod last_use;
mod late_gaps;
mod live_presented;
mod purge_pace;
mod record_cache;
mod revocations;
mod store_clock;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::unknown_tokens::UnknownTokens;
use crate::contract::clock::{Clock, Timestamp};
use crate::contract::error::{Rejection, StoreError, Unavailable, VerifyError};
use crate::contract::secret::TokenDigest;
use crate::contract::token::{SessionRef, TokenId};
use crate::contract::token_store::{NewToken, Replacement, TokenRecord, TokenStore};

pub use counters::RegistryCounters;
pub use purge_pace::PurgePace;

use counters::Counters;
use feed_position::FeedPosition;
use last_use::LastUse;
use record_cache::RecordCache;
use revocations::{Look, Revocations};
use store_clock::StoreClock;

/// What is kept by a number. The store gives out the numbers, so a keyed hash that is quick will do.
type Numbered<N, T> = HashMap<N, T, foldhash::fast::RandomState>;

/// How many damaged records are logged.
const MOST_CORRUPT: usize = 1000;

/// The bounds of what a node keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryLimits {
    /// How many records it caches; further ones push out others, which are then read again when needed.
    pub records: usize,
    /// For how long it goes on checking tokens without having read the feed; after that it answers
    /// [`Unavailable::Stale`]. `None`: without limit, for a process that is the only one on its store.
    pub staleness: Option<Duration>,
}

impl Default for RegistryLimits {
    /// 100,000 records (some 20 MB), 5 seconds.
    fn default() -> Self {
        Self {
            records: 100_000,
            staleness: Some(Duration::from_secs(5)),
        }
    }
}

/// The live tokens, as far as this node has read them. One for each store, shared by all issuers on it.
///
/// Its owner calls [`sync`](Self::sync) whenever [`watch`](Self::watch) wakes and once a second at least (where that is not
/// [live](crate::ChangeWatch::is_live), several times), and [`compare_clocks`](Self::compare_clocks), [`flush_used`](Self::flush_used) and
/// [`purge`](Self::purge) from time to time; the server does. Before the first `sync` every check fails with
/// [`Unavailable::Stale`], unless [`RegistryLimits::staleness`] is `None`.
#[derive(Debug)]
pub struct TokenRegistry {
    store: Arc<dyn TokenStore>,
    clock: StoreClock,
    limits: RegistryLimits,
    records: RecordCache,
    revocations: Revocations,
    last_use: LastUse,
    unknown: Arc<UnknownTokens>,
    /// The damaged records that were logged.
    corrupt: Mutex<HashSet<TokenId>>,
    /// Counts the changes applied. A record whose reading began before a change is not cached after it.
    epoch: AtomicU64,
    feed: tokio::sync::Mutex<FeedPosition>,
    counters: Counters,
}

impl TokenRegistry {
    /// For how long revocations and ended records are kept after the time when they could matter. It is more than a day:
    /// a clock that jumps a day ahead and back again must not make a revoked token valid.
    pub const KEEP: Duration = Duration::from_secs(26 * 60 * 60);

    /// A registry that has read nothing yet.
    pub fn new(store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>, limits: RegistryLimits) -> Self {
        Self {
            records: RecordCache::new(limits.records),
            revocations: Revocations::default(),
            last_use: LastUse::new(limits.records),
            unknown: Arc::new(UnknownTokens::new(clock.clone())),
            corrupt: Mutex::default(),
            epoch: AtomicU64::new(0),
            feed: tokio::sync::Mutex::default(),
            counters: Counters::default(),
            store,
            clock: StoreClock::new(clock),
            limits,
        }
    }

    /// Its bounds.
    pub fn limits(&self) -> RegistryLimits {
        self.limits
    }

    /// The store behind it.
    pub fn store(&self) -> &Arc<dyn TokenStore> {
        &self.store
    }

    /// The bound on the reads that unknown tokens cause.
    pub fn unknown(&self) -> &Arc<UnknownTokens> {
        &self.unknown
    }

    /// This node's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.clock.own()
    }

    /// Now, by the store's clock, as far as this node has [compared](Self::compare_clocks) its own with it. Whatever is
    /// recorded for other nodes to judge is counted in it, and judged by it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Compares this node's clock with the store's, for [`now`](Self::now). The answer is by how many milliseconds this
    /// node's is ahead (negative: behind); `None` where the store has no clock of its own, or answered too slowly.
    ///
    /// # Errors
    /// When the store fails; what was known before stays.
    pub async fn compare_clocks(&self) -> Result<Option<i64>, StoreError> {
        self.clock.compare(&*self.store).await
    }

    /// Refuses a token whose session is revoked, or whose owner has a newer generation. Reads memory only.
    ///
    /// # Errors
    /// [`Rejection::Revoked`], or [`Unavailable::Stale`] when this node has not read the feed for too long.
    pub fn refuse_ended(&self, session: &SessionRef) -> Result<(), VerifyError> {
        self.judge(self.revocations.look([*session]))
    }

    /// The live record of the session that a signed token names, from memory if it was read before. The record decides:
    /// a token whose session's number belongs to another owner, generation or flavour by now, as it may after a restore
    /// from a backup, is refused. A revoked session's record is not read.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub async fn session(&self, named: &SessionRef, flavour: &str) -> Result<TokenRecord, VerifyError> {
        match self.session_in_memory(named, flavour) {
            Some(known) => known,
            None => is_named(self.live(named.id).await?, named, flavour),
        }
    }

    /// The answer of [`session`](Self::session), if it needs no read.
    pub fn session_in_memory(&self, named: &SessionRef, flavour: &str) -> Option<Result<TokenRecord, VerifyError>> {
        if let Err(ended) = self.refuse_ended(named) {
            return Some(Err(ended));
        }
        let record = self.records.get(named.id)?;
        Some(is_named(record, named, flavour))
    }

    /// The live record with this id, from memory if it was read before.
    ///
    /// # Errors
    /// [`Rejection::Unknown`] or [`Rejection::Revoked`], or a failure of the store.
    pub async fn live(&self, id: TokenId) -> Result<TokenRecord, VerifyError> {
        if let Some(known) = self.live_in_memory(id) {
            return known;
        }
        self.judge(self.revocations.look([]))?;
        let record = self.read(id).await?;
        self.not_ended(record)
    }

    /// The answer of [`live`](Self::live), if it needs no read.
    pub fn live_in_memory(&self, id: TokenId) -> Option<Result<TokenRecord, VerifyError>> {
        let record = self.records.get(id)?;
        Some(self.not_ended(record))
    }

    fn not_ended(&self, record: TokenRecord) -> Result<TokenRecord, VerifyError> {
        let session = record.session();
        let numbers = [Some(record.id), record.parent].into_iter().flatten();
        self.judge(self.revocations.look(numbers.map(|id| SessionRef { id, ..session })))?;
        Ok(record)
    }

    /// Revokes a token or session on this node at once, and on the others through the feed. Says whether it was live.
    ///
    /// What it costs does not depend on how many records are cached: from here on the revocation alone refuses the
    /// token. Its cached record is removed when its entry is read from the feed.
    ///
    /// # Errors
    /// When the store fails; the token stays valid, unless the outcome is unknown.
    pub async fn revoke(&self, id: TokenId) -> Result<bool, StoreError> {
        let revoked = self.store.revoke(id, self.clock.now()).await?;
        match revoked {
            true => {
                counters::note(&self.counters.revocations);
                self.revocations.add_token(id);
            }
            // It was revoked before, perhaps by another node whose entry was not read here yet, and perhaps cannot be
            // read now. The caller's answer holds on this node all the same.
            false => self.revocations.add_found(id, self.clock.now().plus(Self::KEEP)),
        }
        Ok(revoked)
    }

    /// Records a token in the place of a live one, as [`TokenStore::replace`]: this node refuses what is revoked, and knows when
    /// the old one expires, before this answers; others when they have read the feed.
    ///
    /// # Errors
    /// When the store fails; nothing has changed, unless the outcome is unknown.
    pub async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        let replaced = self.store.replace(old, new, old_ends_at).await?;
        self.forget_record(old);
        self.catch_up().await;
        Ok(replaced)
    }

    /// Has a token that is checked against its record expire at `until`, unless it expires earlier: on this node at once, and on
    /// the others when they have read the feed. Says whether it was live.
    ///
    /// # Errors
    /// When the store fails; nothing has changed, unless the outcome is unknown.
    pub async fn shorten(&self, id: TokenId, until: Timestamp) -> Result<bool, StoreError> {
        let shortened = self.store.shorten(id, until, self.clock.now()).await?;
        self.forget_record(id);
        Ok(shortened)
    }

    /// What is being read meanwhile may be the record as it was.
    fn forget_record(&self, id: TokenId) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.records.remove_session(id);
    }

    /// The live record as the store has it now, for a token whose expiry [moves with its use](crate::IdleLife): other nodes may have used it since
    /// this one has read it. What was used here is written first.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub async fn read_again(&self, id: TokenId) -> Result<TokenRecord, VerifyError> {
        self.judge(self.revocations.look([]))?;
        self.flush_used().await?;
        let record = self.read(id).await?;
        self.not_ended(record)
    }

    /// Notes that the record of this text has expired: for some seconds the text is unknown, without another read.
    pub fn forget_expired(&self, id: TokenId, text: &str) {
        self.records.remove_session(id);
        self.unknown.remember(&TokenDigest::of(text.as_bytes()));
    }

    /// Notes that a token was used just now. Written by [`flush_used`](Self::flush_used), never in the request.
    pub fn note_used(&self, id: TokenId) {
        self.last_use.note(id, self.clock.now());
    }

    /// Writes the times of last use collected since the last call, and says how many. Dropped before it is done, it
    /// keeps them for the next call.
    ///
    /// # Errors
    /// When the store fails; what was collected is kept for the next call.
    pub async fn flush_used(&self) -> Result<usize, StoreError> {
        let batch = self.last_use.take();
        self.store.touch(batch.uses()).await?;
        Ok(batch.written())
    }

    /// Removes a few records that ended before [`KEEP`](Self::KEEP) ago, and says how many. Small steps keep other
    /// writers from waiting.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn purge(&self, limit: u32) -> Result<u64, StoreError> {
        let before = self.clock.now().minus(Self::KEEP);
        self.store.purge(before, limit).await
    }

    /// How long ago this node last read the feed; `None`: never.
    pub fn staleness(&self) -> Option<Duration> {
        let read_at = self.revocations.read_at()?;
        Some(self.clock().monotonic().saturating_sub(read_at))
    }

    async fn read(&self, id: TokenId) -> Result<TokenRecord, VerifyError> {
        counters::note(&self.counters.reads);
        let epoch = self.epoch.load(Ordering::SeqCst);
        let found = self
            .store
            .find(id)
            .await
            .inspect_err(|error| self.log_corrupt(id, error));
        let record = found?.ok_or(Rejection::Unknown)?;
        let unchanged = || self.epoch.load(Ordering::SeqCst) == epoch;
        self.records.insert_if(&record, unchanged);
        Ok(record)
    }

    /// Logs a record that cannot be read: once, however often it is presented.
    fn log_corrupt(&self, id: TokenId, error: &StoreError) {
        let mut logged = self.corrupt.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(error, StoreError::Corrupt(_)) && logged.len() < MOST_CORRUPT && logged.insert(id) {
            tracing::error!(event = "record_corrupt", token = %id, %error, "the token is neither accepted nor rejected");
        }
    }

    fn judge(&self, look: Look) -> Result<(), VerifyError> {
        let age = look
            .read_at
            .map(|read_at| self.clock().monotonic().saturating_sub(read_at));
        let stale = match self.limits.staleness {
            Some(bound) => age.is_none_or(|age| age > bound),
            None => false,
        };
        match (stale || look.starting_anew, look.revoked) {
            (true, _) => Err(Unavailable::Stale.into()),
            (false, true) => Err(Rejection::Revoked.into()),
            (false, false) => Ok(()),
        }
    }
}

/// The record, if it is of the session and the flavour that a token names.
fn is_named(record: TokenRecord, named: &SessionRef, flavour: &str) -> Result<TokenRecord, VerifyError> {
    if (record.generation, record.subject) != (named.generation, named.subject) {
        return Err(Rejection::Unknown.into());
    }
    match *record.flavour == *flavour {
        true => Ok(record),
        false => Err(Rejection::WrongFlavour.into()),
    }
}
