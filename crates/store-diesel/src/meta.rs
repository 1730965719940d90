//! What a server keeps about its database: named values, and whether the database answers.

use std::fmt;

use async_trait::async_trait;
use auth_core::StoreError;

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

    /// Writes something small.
    ///
    /// # Errors
    /// When the store cannot be written to, or does not answer in time.
    async fn check_writing(&self) -> Result<(), StoreError>;
}
