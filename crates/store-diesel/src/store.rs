//! From a URL to the ports.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    AccountStore, AuditStore, ImportStore, ImportedTokenStore, PasswordStore, StoreError, TokenAdminStore, TokenStore,
};
use consumer_auth::{ConsumerStore, ResourceServerStore};
use keystore::KeyStore;
use permissions::RoleStore;

use crate::database_info::{DatabaseInfo, InfoStore};
#[cfg(feature = "test-support")]
use crate::inspect::Inspect;
use crate::maintenance::Maintenance;
use crate::meta::{MetaStore, Ping};
use crate::migrations::{self, Migrate};
use crate::options::{ConnectError, StoreOptions};
use crate::pool_status::Pools;
use crate::transfer::port::TransferPort;
use crate::transfer::table::UNFINISHED;
use crate::url::DatabaseUrl;
use crate::{postgres, sqlite};

/// Every port of Tessera on one database. Cheap to clone; the connections are closed with the last clone and the last
/// port taken from it.
#[derive(Clone, Debug)]
pub struct DieselStore(Arc<dyn Ports>);

impl DieselStore {
    /// Connects to `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, and brings the tables up to date.
    ///
    /// # Errors
    /// [`ConnectError`]. With [`ConnectError::Newer`] nothing was written.
    pub async fn connect(url: &str, options: &StoreOptions) -> Result<Self, ConnectError> {
        let store = open(url, options).await?;
        migrations::prepare(&*store, options.migrate).await?;
        if store.value(UNFINISHED).await?.is_some() {
            return Err(ConnectError::Unfinished);
        }
        store.prepare_feed().await?;
        Ok(Self(store))
    }

    pub(crate) fn of(ports: Arc<dyn Ports>) -> Self {
        Self(ports)
    }

    /// The port of tokens and sessions.
    pub fn tokens(&self) -> Arc<dyn TokenStore> {
        self.0.clone()
    }

    /// The port of token administration.
    pub fn token_admin(&self) -> Arc<dyn TokenAdminStore> {
        self.0.clone()
    }

    /// The port of accounts.
    pub fn accounts(&self) -> Arc<dyn AccountStore> {
        self.0.clone()
    }

    /// The port of password hashes.
    pub fn passwords(&self) -> Arc<dyn PasswordStore> {
        self.0.clone()
    }

    /// The port of roles.
    pub fn roles(&self) -> Arc<dyn RoleStore> {
        self.0.clone()
    }

    /// The port of organisations, consumers and clients.
    pub fn consumers(&self) -> Arc<dyn ConsumerStore> {
        self.0.clone()
    }

    /// The port of resource servers.
    pub fn resource_servers(&self) -> Arc<dyn ResourceServerStore> {
        self.0.clone()
    }

    /// The port of signing keys.
    pub fn keys(&self) -> Arc<dyn KeyStore> {
        self.0.clone()
    }

    /// The port of the audit log.
    pub fn audit(&self) -> Arc<dyn AuditStore> {
        self.0.clone()
    }

    /// The port by which imported tokens are looked up.
    pub fn imported_tokens(&self) -> Arc<dyn ImportedTokenStore> {
        self.0.clone()
    }

    /// The port by which accounts and tokens are imported.
    pub fn imports(&self) -> Arc<dyn ImportStore> {
        self.0.clone()
    }

    /// What the server remembers about this database.
    pub fn meta(&self) -> Arc<dyn MetaStore> {
        self.0.clone()
    }

    /// Operations on the whole database.
    pub fn maintenance(&self) -> Arc<dyn Maintenance> {
        self.0.clone()
    }

    /// What the database says of itself, for an operator.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn database_info(&self) -> Result<DatabaseInfo, StoreError> {
        self.0.database_info().await
    }

    /// Whether it is reached through a pooler that lends out its connections for one transaction each, such as PgBouncer
    /// with `pool_mode = transaction`.
    pub fn is_pooled(&self) -> bool {
        self.0.is_pooled()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }

    /// Whether the database can be written to: it writes something small.
    ///
    /// # Errors
    /// When it cannot: its disk is full, or it must only be read.
    pub async fn check_writing(&self) -> Result<(), StoreError> {
        self.0.check_writing().await
    }

    pub(crate) fn behind(&self) -> &dyn Pools {
        &*self.0
    }

    #[cfg(feature = "test-support")]
    pub(crate) fn ports(&self) -> &dyn Ports {
        &*self.0
    }
}

/// Opens a database, without a look at its tables.
pub(crate) async fn open(url: &str, options: &StoreOptions) -> Result<Arc<dyn Ports>, ConnectError> {
    match DatabaseUrl::parse(url)? {
        DatabaseUrl::Postgres(url) => Ok(Arc::new(postgres::Db::open(*url, options).await?)),
        DatabaseUrl::Sqlite(_) if options.feed_url.is_some() => Err(ConnectError::FeedUrl(
            "leave it out, it is for PostgreSQL, and the database is SQLite".to_owned(),
        )),
        DatabaseUrl::Sqlite(path) => {
            let options = options.clone();
            let opened = tokio::task::spawn_blocking(move || sqlite::Db::open(path, &options)).await;
            let panicked = |_| ConnectError::Unavailable("opening it panicked".to_owned());
            Ok(Arc::new(opened.map_err(panicked)??))
        }
    }
}

/// All that is to be had from one database.
pub(crate) trait Ports:
    TokenAdminStore
    + AccountStore
    + PasswordStore
    + RoleStore
    + ConsumerStore
    + ResourceServerStore
    + KeyStore
    + AuditStore
    + ImportedTokenStore
    + ImportStore
    + MetaStore
    + Maintenance
    + Behind
{
}

impl<T> Ports for T where
    T: TokenAdminStore
        + AccountStore
        + PasswordStore
        + RoleStore
        + ConsumerStore
        + ResourceServerStore
        + KeyStore
        + AuditStore
        + ImportedTokenStore
        + ImportStore
        + MetaStore
        + Maintenance
        + Behind
{
}

/// What is behind the ports.
pub(crate) trait Behind: Ping + InfoStore + Migrate + TransferPort + Inspect + Pools + FollowedFeed {}

impl<T: Ping + InfoStore + Migrate + TransferPort + Inspect + Pools + FollowedFeed> Behind for T {}

/// A store whose feed may be read elsewhere, and listened to.
#[async_trait]
pub(crate) trait FollowedFeed {
    /// Whether a pooler is in between that lends out its connections for one transaction each.
    fn is_pooled(&self) -> bool;

    /// Sees to it that the feed is this database's, and begins to notice changes if the options say so. The tables are up
    /// to date.
    async fn prepare_feed(&self) -> Result<(), ConnectError>;
}

/// Stands in for the look behind the ports where tests are not supported.
#[cfg(not(feature = "test-support"))]
pub(crate) trait Inspect {}

#[cfg(not(feature = "test-support"))]
impl<T> Inspect for T {}
