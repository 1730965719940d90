//! The port of token administration: list and revoke by owner. Checking and issuing need none of it.

use std::fmt;

use async_trait::async_trait;

use crate::contract::account::Subject;
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;
use crate::contract::token::{FlavourName, TokenId};
use crate::contract::token_store::TokenStore;

/// A live token or session as an administrator sees it: without its secret, or anything derived from that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSummary {
    /// Its number.
    pub id: TokenId,
    /// The session it belongs to, if that is another record.
    pub parent: Option<TokenId>,
    /// The line it belongs to: the number of the first token, where tokens [took the place](TokenStore::replace) of each other;
    /// otherwise its own number.
    pub line: TokenId,
    /// The line of the token that it was made from.
    pub made_from: Option<TokenId>,
    /// The flavour that issued it.
    pub flavour: FlavourName,
    /// What its owner calls it: any text at all.
    pub label: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires. Expired records are listed too: the caller, who has the clock, compares.
    pub expires_at: Option<Timestamp>,
    /// When it expires at the latest, however it is used. It is the same as `expires_at`, but for a record whose expiry moves with its use
    /// ([`IdleLife`](crate::IdleLife)).
    pub ends_at: Option<Timestamp>,
    /// When it was last used, if that was written.
    pub last_used_at: Option<Timestamp>,
}

/// Lists tokens by owner, and revokes them by owner. Each method is one atomic operation, as in [`TokenStore`].
#[async_trait]
pub trait TokenAdminStore: TokenStore + fmt::Debug {
    /// At most `limit` of the subject's live records, newest (highest number) first; with `before`, only those with a
    /// lower number. The last number of one page is `before` of the next.
    ///
    /// # Errors
    /// When the store fails.
    async fn tokens_of(
        &self,
        subject: Subject,
        before: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenSummary>, StoreError>;

    /// Starts a new generation of an account and publishes it in the feed, in one operation: all its tokens are revoked,
    /// and it may sign in again. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn end_sessions(&self, subject: Subject, now: Timestamp) -> Result<bool, StoreError>;

    /// Revokes every record, gives every account a generation that it cannot have had, and makes every node clear its
    /// cache, in one operation. Answers how many records were revoked.
    ///
    /// It is for a store that was restored from a backup. There, numbers that were given after the backup are given again,
    /// so the next generation may have existed before.
    ///
    /// # Errors
    /// When the store fails; nothing is revoked.
    ///
    /// # Security
    /// A token that is accepted without its record being read (a signed one) is not revoked by this alone: the feed's entry
    /// names neither accounts nor tokens. Its signing key has to be retired as well.
    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError>;
}
