//! The port of password hashes.

use std::fmt;

use async_trait::async_trait;

use crate::contract::account::{Account, Realm, Subject};
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;

use super::login_name::FoldedLogin;

/// An account with the hash of its password.
#[derive(Clone)]
pub struct PasswordRecord {
    /// The account.
    pub account: Account,
    /// The hash of its password, as stored (it may be damaged): [`StoredPassword`](super::stored_password::StoredPassword)
    /// lists the schemes. `None`: it cannot sign in by password.
    pub hash: Option<String>,
}

impl fmt::Debug for PasswordRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRecord")
            .field("account", &self.account.subject)
            .field("hash", &self.hash.is_some())
            .finish()
    }
}

/// Password hashes. Each method is one atomic operation.
#[async_trait]
pub trait PasswordStore: fmt::Debug + Send + Sync + 'static {
    /// The account of this realm that signs in with this name (login or alias).
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError>;

    /// Sets a new password's hash, whatever was there. With `end_sessions`, starts a new generation and adds it to the
    /// feed, in the same operation. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, now: Timestamp) -> Result<bool, StoreError>;

    /// Replaces `old` by `new`, the hash of another password, after the caller has proved to know the password of `old`.
    /// With `end_sessions` as in [`set`](Self::set). `Ok(false)` if the hash is no longer `old`.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    ///
    /// # Security
    /// Comparing the hash and replacing it are one operation. So a password that was set meanwhile, perhaps because the
    /// old one was stolen, cannot be overwritten by the thief.
    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Replaces `old` by `new`, a hash of the same password with another cost or scheme; `Ok(false)` if the hash is no longer
    /// `old`. Never undoes a password change made at the same time, and revokes nothing.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError>;
}
