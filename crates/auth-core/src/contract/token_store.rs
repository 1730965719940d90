//! The port of tokens and sessions.
//!
//! Each method of a port is one atomic operation: it happens entirely or not at all, even if the process stops in between
//! or other operations run at the same time. A look-up that finds nothing answers `Ok(None)`; errors mean that the store
//! failed. Implementations: `store-memory` and `store-diesel`. The laws they must keep are in `testkit::store`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::account::{Generation, Realm, Subject};
use super::change_watch::ChangeWatch;
use super::clock::{BELIEVABLE, Timestamp};
use super::error::StoreError;
use super::refresh_state::{RefreshState, Selector};
use super::scope::Scopes;
use super::secret::TokenDigest;
use super::token::{FlavourName, Grant, SessionRef, TokenId};

/// A token or session to be recorded.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The flavour that issues it.
    pub flavour: FlavourName,
    /// The realm its owner signed in to.
    pub realm: Realm,
    /// Its owner.
    pub subject: Subject,
    /// The owner's generation when the credentials were read.
    pub generation: Generation,
    /// The permissions it is issued with.
    pub scopes: Scopes,
    /// What its owner calls it.
    pub label: Option<String>,
    /// The digest of its secret, for an opaque token.
    pub digest: Option<TokenDigest>,
    /// What its secret is derived from, beside a key that is not stored, for a shared opaque token.
    pub salt: Option<[u8; 16]>,
    /// The digest of the key it is bound to.
    pub key: Option<TokenDigest>,
    /// The session it belongs to, for a token issued by a refresh.
    pub parent: Option<TokenId>,
    /// The token whose holder makes it. It is revoked with that token.
    pub made_from: Option<TokenId>,
    /// The start of its refresh family.
    pub refresh: Option<RefreshState>,
    /// Now.
    pub issued_at: Timestamp,
    /// When it expires; `None`: it is valid until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// How its expiry moves with its use; `None`: it does not.
    pub idle: Option<IdleLife>,
}

/// An expiry that moves with the use: the record expires when it was not used for some time, and at its end in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleLife {
    /// It expires so long after its last use.
    pub after: Duration,
    /// It expires at this moment at the latest.
    pub ends_at: Option<Timestamp>,
}

impl IdleLife {
    /// When a record expires that was used last at this moment.
    pub fn expiry(&self, used_at: Timestamp) -> Timestamp {
        let idle_end = used_at.plus(self.after);
        self.ends_at.map_or(idle_end, |end| end.min(idle_end))
    }
}

impl NewToken {
    /// The same, which expires at `end` at the latest, however it is used.
    #[must_use]
    pub fn ending_by(self, end: Option<Timestamp>) -> Self {
        let Some(end) = end else { return self };
        let earlier = |own: Option<Timestamp>| Some(own.map_or(end, |own| own.min(end)));
        Self {
            expires_at: earlier(self.expires_at),
            idle: self.idle.map(|idle| IdleLife {
                ends_at: earlier(idle.ends_at),
                ..idle
            }),
            ..self
        }
    }

    /// A record of what `grant` says. It has no secret, belongs to no session, starts no refresh family and does not
    /// expire: the caller sets those that apply.
    pub fn of(grant: &Grant, flavour: FlavourName, issued_at: Timestamp) -> Self {
        Self {
            flavour,
            realm: grant.realm.clone(),
            subject: grant.subject,
            generation: grant.generation,
            scopes: grant.scopes.clone(),
            label: grant.label.clone(),
            digest: None,
            salt: None,
            key: grant.key,
            parent: None,
            made_from: None,
            refresh: None,
            issued_at,
            expires_at: None,
            idle: None,
        }
    }
}

/// A token that was recorded in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The number of the new one.
    pub id: TokenId,
    /// When the new one expires.
    pub expires_at: Option<Timestamp>,
    /// When the old one expires, at the latest.
    pub old_ends_at: Timestamp,
}

/// A live token or session as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its number.
    pub id: TokenId,
    /// The session it belongs to, if that is another record.
    pub parent: Option<TokenId>,
    /// The flavour that issued it.
    pub flavour: FlavourName,
    /// The realm its owner signed in to.
    pub realm: Realm,
    /// Its owner.
    pub subject: Subject,
    /// The owner's generation, the same when it was issued and now.
    pub generation: Generation,
    /// The permissions it was issued with *and* its owner still has.
    pub scopes: Scopes,
    /// The digest of its secret.
    pub digest: Option<TokenDigest>,
    /// What its secret is derived from.
    pub salt: Option<[u8; 16]>,
    /// The digest of the key it is bound to.
    pub key: Option<TokenDigest>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires. A store returns expired records too: the caller, who has the clock, compares.
    pub expires_at: Option<Timestamp>,
}

impl TokenRecord {
    /// The session it belongs to, or itself where it is its own.
    pub fn session(&self) -> SessionRef {
        SessionRef {
            id: self.parent.unwrap_or(self.id),
            generation: self.generation,
            subject: self.subject,
        }
    }

    /// Whether it was issued so far in the future that its times cannot be believed: by a node whose clock was wrong.
    pub fn is_from_the_future(&self, now: Timestamp) -> bool {
        self.issued_at.since(now) > BELIEVABLE
    }
}

/// A live session with its refresh family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshSession {
    /// The session.
    pub token: TokenRecord,
    /// The state of its refresh family.
    pub refresh: RefreshState,
}

/// A change that revokes tokens, alters their permissions or makes texts known, and that every node must apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// A token or session was revoked, with everything that belongs to it.
    Ended(TokenId),
    /// The subject has this new generation: everything it was granted before is revoked.
    Superseded(Subject, Generation),
    /// The subject's permissions may have changed.
    SubjectRights(Subject),
    /// The permissions of any subject may have changed (a role was edited).
    AllRights,
    /// Tokens of another system were imported: a text that was unknown may be one of them.
    Imported,
    /// An entry that cannot be read: it is damaged, or of a kind that only a later version knows. It may be any change, so a
    /// node reads all its records anew.
    Unreadable,
}

/// One entry of the feed of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its number; later entries have higher ones, but may become visible earlier.
    pub sequence: i64,
    /// What happened.
    pub change: Change,
    /// Until when a token that this concerns might be accepted without this entry. For a signed token that does not
    /// expire that is the latest moment there is (`i64::MAX` milliseconds): a strategy may check it without its record.
    pub until: Timestamp,
}

/// What the feed says of itself, beside its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// Which data this feed belongs to: another text after a restore from a backup, a promotion of a standby, or any
    /// other replacement of the data by others. A reader then starts anew.
    pub identity: String,
    /// The highest number given out, whether or not its entry is visible or was purged. It never falls while the
    /// identity is the same.
    pub newest: i64,
    /// The same of the tokens: the highest number given out to any. So data that were restored over the old ones, row by
    /// row, are noticed whether or not the feed grew since the copy was made.
    pub issued: i64,
    /// Every transaction that got one of the numbers a minute ago, or earlier, is below this one. 0 where entries become
    /// visible in the order of their numbers.
    pub begun: i64,
    /// Every transaction below this one is over. 0 likewise.
    pub finished: i64,
}

/// Tokens and sessions, and the feed of changes.
///
/// # Contract
/// A record is *live* while it and its parent are not revoked and its owner is enabled and of the record's
/// generation. Time is not the store's business, except in `purge`.
///
/// Where an operation fails it has done nothing, except with [`StoreError::OutcomeUnknown`]: then it may have been done.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Records a token, if its owner is enabled and of the generation named, its parent, if it names one, is live, and the token
    /// that it is [made from](NewToken::made_from), if it names one, is live, has not expired at `new.issued_at`, is its owner's, and was not made from another itself.
    /// `Ok(None)` otherwise, and nothing is recorded.
    ///
    /// # Errors
    /// When the store fails.
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError>;

    /// Records a token in the place of a live one, which then expires at `old_ends_at`, unless it expires earlier. Both are of one
    /// [line](crate::TokenSummary::line). The new one ends when the old one did before it was replaced, at the latest, and what
    /// made the old one counts as what made the new one. `Ok(None)` as for [`insert`](Self::insert), or if `old` is not live, has
    /// expired at `new.issued_at`, or is another owner's; nothing has changed then.
    ///
    /// A record that took the place of `old` before is revoked: however often and by however many a token is replaced, one of
    /// those that took its place is live afterwards. So a caller that has lost the answer asks again.
    ///
    /// # Errors
    /// When the store fails.
    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError>;

    /// The one live shared record of this flavour and subject, created from `new` if there is none. However many callers
    /// ask at the same time, there is one. A record whose `expires_at` has passed at `new.issued_at` is replaced. `Ok(None)` as for [`insert`](Self::insert).
    ///
    /// # Errors
    /// When the store fails.
    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError>;

    /// The live record with this number.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError>;

    /// The live session whose refresh family has this selector.
    ///
    /// # Errors
    /// When the store fails.
    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError>;

    /// Replaces the state of a live session's refresh family, by one compare-and-swap. `Ok(true)` for the one caller for
    /// whom `from` was still the current digest; `Ok(false)` for every other, and when the session is no longer live.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Security
    /// Two callers who both got `true` for one `from` would be two holders of one session.
    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError>;

    /// Revokes a record and everything that belongs to it, and publishes that in the feed, in one operation. To a record belong
    /// the tokens of its session, those of its [line](crate::TokenSummary::line), and those that were made from one of these.
    /// `Ok(false)` if it was revoked before, or never existed.
    ///
    /// # Errors
    /// When the store fails.
    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError>;

    /// What the feed says of itself now. A store that keeps copies answers from the one that is written to, and fails
    /// where it has only others: what is revoked reaches those late, or never.
    ///
    /// # Errors
    /// When the store fails.
    async fn feed_state(&self) -> Result<FeedState, StoreError>;

    /// At most `limit` entries of the feed with a number above `after`, in order.
    ///
    /// Neither this nor [`feed_state`](Self::feed_state) waits for other operations: checks go on only while a node
    /// reads the feed.
    ///
    /// # Errors
    /// When the store fails.
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError>;

    /// Wakes when an entry may have been added to the feed, by this process or another. By default it never does, and
    /// readers read at their own pace. A store may listen where it reads the feed: the watch is live when that was read.
    fn watch_feed(&self) -> ChangeWatch {
        ChangeWatch::none()
    }

    /// Records when tokens were last used. Unknown tokens are ignored; an earlier time never replaces a later one. The expiry of a record
    /// with an [`IdleLife`] moves to what that says of this use, and never back.
    ///
    /// # Errors
    /// When the store fails; some times may have been recorded.
    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError>;

    /// Has a live record expire at `until`, unless it expires earlier, however it is used, and publishes that its owner's records are to be read
    /// anew ([`Change::SubjectRights`]), in the same operation. `Ok(false)` if there is no such live record; nothing has changed
    /// then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError>;

    /// The time by the store's own clock; `Ok(None)` where that is the clock of this machine. All nodes on one store can
    /// agree on it.
    ///
    /// # Errors
    /// When the store fails.
    async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Removes at most `limit` records that ended before `before`, and feed entries that no longer matter. Answers how
    /// many it removed.
    ///
    /// # Errors
    /// When the store fails; some may have been removed.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
