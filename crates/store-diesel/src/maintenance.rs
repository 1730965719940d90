//! What an administrator changes in a whole database, seldom.

use std::fmt;

use async_trait::async_trait;
use auth_core::{AuditEntry, Realm, StoreError, Subject, Timestamp};
use keystore::StoredKey;

/// A named value of the database, as it is and as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactChange {
    /// Its name.
    pub name: &'static str,
    /// What it is; `None`: there is none of this name.
    pub before: Option<Vec<u8>>,
    /// What it is to be.
    pub after: Vec<u8>,
}

/// Another root key: what is written with it. Every key of the database is in both lists, in the same order.
#[derive(Clone)]
pub struct RootKeyChange {
    /// The check value of the root key, and its seals.
    pub facts: Vec<FactChange>,
    /// The keys as they are stored.
    pub keys_before: Vec<StoredKey>,
    /// The keys sealed anew.
    pub keys_after: Vec<StoredKey>,
    /// Now.
    pub now: Timestamp,
}

impl fmt::Debug for RootKeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKeyChange({} keys)", self.keys_before.len())
    }
}

/// What of a database depends on its root key, besides its signing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootKeyDependents {
    /// Active sessions with a refresh token, which only opens under the root key that it was made with.
    pub refreshed_sessions: u64,
    /// Active shared tokens, which are made again from the root key when their client asks again.
    pub shared_tokens: u64,
}

/// The names of one account, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNames {
    /// The account.
    pub subject: Subject,
    /// Its realm.
    pub realm: Realm,
    /// Its login as given.
    pub login: String,
    /// The form in which it is found by it; `None`: it is not.
    pub login_folded: Option<String>,
    /// Its alias as given.
    pub alias: Option<String>,
    /// The form in which it is found by it.
    pub alias_folded: Option<String>,
}

/// Operations on a whole database. Each is one transaction.
#[async_trait]
pub trait Maintenance: fmt::Debug + Send + Sync + 'static {
    /// What depends on the root key.
    ///
    /// # Errors
    /// When the store fails.
    async fn root_key_dependents(&self, now: Timestamp) -> Result<RootKeyDependents, StoreError>;

    /// Writes the keys as sealed under the new root key, and its check value and seals. Shared tokens stay active and are no
    /// longer shared: the next call of their client gets another. `Ok(false)` if a fact or a key is another than
    /// `change` says; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn change_root_key(&self, change: &RootKeyChange) -> Result<bool, StoreError>;

    /// Writes which master keys open the root key, with this entry of the audit log. `Ok(false)` if they are others than
    /// `change` says; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn change_master_keys(&self, change: &FactChange, entry: AuditEntry) -> Result<bool, StoreError>;

    /// The names of accounts in the order of their numbers, after this one.
    ///
    /// # Errors
    /// When the store fails.
    async fn names(&self, after: Option<Subject>, limit: u32) -> Result<Vec<StoredNames>, StoreError>;

    /// Stores the forms in which an account is found, as `names` has them. `Ok(false)` if another account of the realm has
    /// one of them, or the account is gone; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_folded_names(&self, names: &StoredNames, now: Timestamp) -> Result<bool, StoreError>;
}
