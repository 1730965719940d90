//! The port of those who look after other people's tokens. Serving needs none of it.

use std::fmt;

use async_trait::async_trait;

use crate::contract::account::Subject;
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;
use crate::contract::token::{FlavourName, TokenId};
use crate::contract::token_store::TokenStore;

/// A live token or session as its owner's administrator sees it: nothing of its secret, and nothing made from that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSummary {
    /// Its name.
    pub id: TokenId,
    /// The session it belongs to, if that is another record.
    pub parent: Option<TokenId>,
    /// The flavour that issued it.
    pub flavour: FlavourName,
    /// What its owner calls it: any text at all.
    pub label: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends. Whether that has come is for the reader of the clock to say.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, as far as that was written.
    pub last_used_at: Option<Timestamp>,
}

/// Lists tokens by owner, and ends them by owner. Each method is one whole atomic operation, as in [`TokenStore`].
#[async_trait]
pub trait TokenAdminStore: TokenStore + fmt::Debug {
    /// At most `limit` of the subject's live records, newest (of the highest number) first; with `before`, only those
    /// of a lower number. The last number of one page is `before` of the next.
    ///
    /// # Errors
    /// When the store fails.
    async fn tokens_of(
        &self,
        subject: Subject,
        before: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenSummary>, StoreError>;

    /// Starts a new generation of an account and says so in the feed, in one operation: all that it was granted ends,
    /// and it may sign in again. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn end_sessions(&self, subject: Subject, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends every record there is, moves every account on to a generation that it cannot have had, and tells every
    /// node to forget the records it has seen, in one operation; says how many records ended.
    ///
    /// It is for a store that was restored from a copy. There, numbers that were given after the copy was made are
    /// given again, so that "the next generation" may have been before.
    ///
    /// # Errors
    /// When the store fails; nothing has ended.
    ///
    /// # Security
    /// A token that is accepted without its record being read (a signed one) is not ended by this alone: the feed names
    /// neither accounts nor tokens here. Its signing key has to go as well.
    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError>;
}
