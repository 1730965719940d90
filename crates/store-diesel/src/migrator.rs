//! Changing the tables by hand.

use std::sync::Arc;

use auth_core::StoreError;

use crate::options::{ConnectError, StoreOptions};
use crate::store::{Ports, open};

/// The tables of one database, to migrate them up or down without a server.
/// [`DieselStore::connect`](crate::DieselStore::connect) does the former by itself.
#[derive(Clone, Debug)]
pub struct Migrator(Arc<dyn Ports>);

impl Migrator {
    /// Opens a database, whatever tables it has; changes none.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, options: &StoreOptions) -> Result<Self, ConnectError> {
        open(url, options).await.map(Self)
    }

    /// The versions that were applied, oldest first: the digits at the start of each folder's name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn applied(&self) -> Result<Vec<String>, StoreError> {
        self.0.applied().await
    }

    /// Applies what is missing, each migration in a transaction of its own, and names it. However many do so at once,
    /// each migration is applied once.
    ///
    /// # Errors
    /// When the database fails; what was applied before stays.
    pub async fn apply(&self) -> Result<Vec<&'static str>, StoreError> {
        self.0.apply().await
    }

    /// Takes the newest migration back, with all that is in its tables, and names it; `None` if there is none that
    /// this version knows.
    ///
    /// # Errors
    /// When the database fails; nothing has changed.
    pub async fn revert(&self) -> Result<Option<&'static str>, StoreError> {
        self.0.revert().await
    }
}
