//! What a server keeps beside the ports: its sealed signing keys, and what it must remember about its database.

use std::fmt;

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};

/// A signing key as stored. Sealing and opening it is the business of whoever has the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its name (the `kid`), unique in the store.
    pub name: String,
    /// What it is for, such as the flavour it signs for. The seal should be bound to it and to the name.
    pub purpose: String,
    /// The sealed key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub activates_at: Timestamp,
    /// From when on it no longer verifies; `None`: not decided.
    pub retires_at: Option<Timestamp>,
}

impl fmt::Debug for StoredKey {
    /// Everything but the sealed bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("name", &self.name)
            .field("purpose", &self.purpose)
            .field("activates_at", &self.activates_at)
            .field("retires_at", &self.retires_at)
            .finish_non_exhaustive()
    }
}

/// Sealed signing keys. Each method is one atomic operation.
#[async_trait]
pub trait VaultStore: fmt::Debug + Send + Sync + 'static {
    /// All keys, those that sign first first.
    ///
    /// # Errors
    /// When the store fails.
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Adds a key, unless there is one of its name: then `Ok(false)`, and that one is untouched.
    ///
    /// # Errors
    /// When the store fails; nothing is added.
    async fn put_key_if_absent(&self, key: &StoredKey) -> Result<bool, StoreError>;

    /// Adds a key, unless its purpose has one: then `Ok(false)`. However many nodes start at once on an empty
    /// database, each purpose gets one first key.
    ///
    /// # Errors
    /// When the store fails; nothing is added.
    async fn put_first_key(&self, key: &StoredKey) -> Result<bool, StoreError>;

    /// Sets from when on a key signs, and from when on it no longer verifies. `Ok(false)` if there is no such key.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_key_times(
        &self,
        name: &str,
        activates_at: Timestamp,
        retires_at: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Removes a key. `Ok(false)` if there is no such key.
    ///
    /// # Errors
    /// When the store fails; the key is still there.
    async fn delete_key(&self, name: &str) -> Result<bool, StoreError>;
}

/// Facts about the database, by name: the check value of the master key, the mark that demo data were loaded.
#[async_trait]
pub trait MetaStore: fmt::Debug + Send + Sync + 'static {
    /// The value of this name.
    ///
    /// # Errors
    /// When the store fails.
    async fn value(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value of this name unless it has one, and answers with the one it then has. However many nodes ask at
    /// once, all get the same answer.
    ///
    /// # Errors
    /// When the store fails; nothing is set.
    async fn put_if_absent(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError>;
}

/// Whether the store is there at all.
#[async_trait]
pub(crate) trait Ping: fmt::Debug + Send + Sync + 'static {
    /// Reads something small.
    ///
    /// # Errors
    /// When the store cannot be reached, or does not answer in time.
    async fn ping(&self) -> Result<(), StoreError>;
}
