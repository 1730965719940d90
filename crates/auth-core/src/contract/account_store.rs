//! The port of accounts.

use std::fmt;

use async_trait::async_trait;

use super::account::{Account, Attributes, NewAccount, Subject};
use super::clock::Timestamp;
use super::error::StoreError;

/// Accounts and clients.
#[async_trait]
pub trait AccountStore: fmt::Debug + Send + Sync + 'static {
    /// The account of this number.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError>;

    /// Makes an account. `Ok(None)` when its realm already has the login or the alias, as either, or the number is
    /// taken; nothing is made then.
    ///
    /// # Errors
    /// When the store fails; nothing is made.
    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError>;

    /// Bars or readmits an account. Barring starts a new generation and says so in the feed, in one operation: what
    /// it held stays dead when it is readmitted. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives an account another role (of its realm) or none, and says so in the feed, in one operation. `Ok(false)` if
    /// there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces what its dialect says about an account, as a whole. Its tokens are not concerned: no token carries any
    /// of it. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError>;
}
