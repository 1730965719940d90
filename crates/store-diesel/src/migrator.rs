//! Changing the tables by hand.

use std::sync::Arc;

use auth_core::StoreError;

use crate::migrations::{Older, newer, pending};
use crate::options::{ConnectError, StoreOptions};
use crate::store::{Ports, open};

/// The tables of one database, to migrate them up or down without a server.
/// [`DieselStore::connect`](crate::DieselStore::connect) does the former by itself.
#[derive(Clone, Debug)]
pub struct Migrator(Arc<dyn Ports>);

/// A migration that is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingMigration {
    /// The name of its folder.
    pub name: &'static str,
    /// Whether nodes of the versions before may go on meanwhile, and start afterwards. Otherwise stop them first.
    pub older_may_stay: bool,
}

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

    /// Those that were applied by a later version and that this one does not know, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newer(&self) -> Result<Vec<String>, StoreError> {
        Ok(newer(&self.0.applied().await?).cloned().collect())
    }

    /// What [`apply`](Self::apply) would apply, in that order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending(&self) -> Result<Vec<PendingMigration>, StoreError> {
        let applied = self.0.applied().await?;
        let pending = pending(&applied).map(|migration| PendingMigration {
            name: migration.name,
            older_may_stay: migration.older == Older::MayStay,
        });
        Ok(pending.collect())
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
