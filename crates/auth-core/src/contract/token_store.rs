//! The ports. Each method is one whole atomic operation: it happens entirely or not at all, whatever dies in between
//! and whoever runs beside it. A look-up that finds nothing answers `Ok(None)`; errors are the store's own trouble.
//!
//! Implementations: `store-memory` and `store-diesel`. The laws they must keep are in `testkit::store`.

use std::fmt;

use async_trait::async_trait;

use super::account::{Generation, Realm, Subject};
use super::clock::Timestamp;
use super::error::StoreError;
use super::refresh_state::{RefreshState, Selector};
use super::scope::Scopes;
use super::secret::TokenDigest;
use super::token::{FlavourName, TokenId};

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
    /// The rights it is issued with.
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
    /// The start of its refresh family.
    pub refresh: Option<RefreshState>,
    /// Now.
    pub issued_at: Timestamp,
    /// When it ends; `None`: not before it is revoked.
    pub expires_at: Option<Timestamp>,
}

/// A live token or session as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its name.
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
    /// The rights it was issued with *and* its owner still has.
    pub scopes: Scopes,
    /// The digest of its secret.
    pub digest: Option<TokenDigest>,
    /// What its secret is derived from.
    pub salt: Option<[u8; 16]>,
    /// The digest of the key it is bound to.
    pub key: Option<TokenDigest>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends. Whether that has come is for the reader of the clock to say.
    pub expires_at: Option<Timestamp>,
}

/// A live session with its refresh family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshSession {
    /// The session.
    pub token: TokenRecord,
    /// Where its family stands.
    pub refresh: RefreshState,
}

/// Something that ends or changes tokens, as every node must hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// A token or session, with everything that belongs to it, has ended.
    Ended(TokenId),
    /// Whatever the subject was granted before this generation has ended.
    Superseded(Subject, Generation),
    /// The subject's rights may have changed.
    SubjectRights(Subject),
    /// Anybody's rights may have changed (a role was edited).
    AllRights,
}

/// One entry of the feed of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its number; later entries have higher ones, but may become visible earlier.
    pub sequence: i64,
    /// What happened.
    pub change: Change,
    /// Until when a token that this concerns might otherwise be accepted. For a signed token without an end that is for
    /// ever, the last moment there is (`i64::MAX` milliseconds): it may be checked without a look at its record.
    pub until: Timestamp,
}

/// Tokens and sessions, and the feed of what ended them.
///
/// # Contract
/// A record is *live* while it and its parent are not revoked and its owner is enabled and of the record's
/// generation. Time is not the store's business, except in `purge`.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Records a token, if its owner (and its parent, if it names one) still stands: enabled, of the generation named.
    /// `Ok(None)` otherwise, and nothing is recorded.
    ///
    /// # Errors
    /// When the store fails; nothing is recorded.
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError>;

    /// The one live shared record of this flavour and subject, made from `new` if there is none. However many callers
    /// ask at once, there is one. A record whose `expires_at` has passed at `new.issued_at` counts as ended and is
    /// replaced. `Ok(None)` as for [`insert`](Self::insert).
    ///
    /// # Errors
    /// When the store fails; nothing is recorded.
    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError>;

    /// The live record of this name.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError>;

    /// The live session whose refresh family has this selector.
    ///
    /// # Errors
    /// When the store fails.
    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError>;

    /// Moves a live session's family on: one compare-and-swap. `Ok(true)` for the one caller for whom `from` was still
    /// the current digest; `Ok(false)` for every other, and when the session is no longer live.
    ///
    /// # Errors
    /// When the store fails; the family has not moved.
    ///
    /// # Security
    /// Two callers who both got `true` for one `from` would be two holders of one session.
    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError>;

    /// Ends a record and everything that belongs to it, and says so in the feed, in one operation. `Ok(false)` if it
    /// had ended, or never was.
    ///
    /// # Errors
    /// When the store fails; nothing has ended.
    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError>;

    /// At most `limit` entries of the feed with a number above `after`, in order.
    ///
    /// # Errors
    /// When the store fails.
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError>;

    /// Notes when tokens were last used. Names that are not recorded are passed over; an earlier time never replaces a
    /// later one.
    ///
    /// # Errors
    /// When the store fails; some may have been noted.
    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError>;

    /// Removes at most `limit` records that ended before `before` and feed entries that concern nobody any more, and
    /// says how many went.
    ///
    /// # Errors
    /// When the store fails; some may have gone.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
