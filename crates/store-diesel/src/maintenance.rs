//! What an administrator changes in a whole database, seldom.

use std::fmt;

use async_trait::async_trait;
use auth_core::{Realm, StoreError, Subject, Timestamp};
use keystore::StoredKey;

/// Another master key: what is written with it. Every key of the database is in both lists, in the same order.
#[derive(Clone)]
pub struct MasterKeyChange {
    /// The name under which the check value is stored.
    pub check: &'static str,
    /// The check value of the present master key.
    pub check_before: Vec<u8>,
    /// That of the new one.
    pub check_after: Vec<u8>,
    /// The keys as they are stored.
    pub keys_before: Vec<StoredKey>,
    /// The keys sealed anew.
    pub keys_after: Vec<StoredKey>,
    /// Now.
    pub now: Timestamp,
}

impl fmt::Debug for MasterKeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeyChange({} keys)", self.keys_before.len())
    }
}

/// What of a database depends on its master key, besides its signing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterKeyDependents {
    /// Active sessions with a refresh token, which only opens under the master key that it was made with.
    pub refreshed_sessions: u64,
    /// Active shared tokens, which are made again from the master key when their client asks again.
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
    /// What depends on the master key.
    ///
    /// # Errors
    /// When the store fails.
    async fn master_key_dependents(&self, now: Timestamp) -> Result<MasterKeyDependents, StoreError>;

    /// Writes the keys as sealed under the new master key, and its check value. Shared tokens stay active and are no
    /// longer shared: the next call of their client gets another. `Ok(false)` if the check value or a key is another than
    /// `change` says; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn change_master_key(&self, change: &MasterKeyChange) -> Result<bool, StoreError>;

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
