//! The port of accounts.

use std::fmt;

use async_trait::async_trait;

use super::account::{Account, Attributes, NewAccount, Subject};
use super::clock::Timestamp;
use super::error::StoreError;

/// Accounts and clients. Each method is one atomic operation.
#[async_trait]
pub trait AccountStore: fmt::Debug + Send + Sync + 'static {
    /// The account with this number.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError>;

    /// Creates an account. `Ok(None)` when its realm already has the login or the alias, as either, or the number is
    /// taken; nothing is created then.
    ///
    /// # Errors
    /// When the store fails. With [`StoreError::OutcomeUnknown`] the account may have been created.
    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError>;

    /// Disables or enables an account. Disabling starts a new generation and publishes it in the feed, in one operation:
    /// tokens that it had stay revoked when it is enabled again. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives an account another role (of its realm) or none, and publishes that in the feed, in one operation. `Ok(false)` if
    /// there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces the attributes of an account, all of them. Its tokens are not affected: no token carries attributes. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError>;
}
