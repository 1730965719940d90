//! From a URL to the ports.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{AccountStore, PasswordStore, StoreError, TokenDirectory, TokenStore};
use consumer_auth::ConsumerStore;
use permissions::RoleStore;

use crate::error::Fault;
use crate::facts::{Examine, Facts};
use crate::{postgres, sqlite};
use crate::url::{BadUrl, DatabaseUrl};
use crate::vault::{MetaStore, Ping, VaultStore};

/// How a store goes about its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// For how long an operation waits for a connection before it is [`StoreError::Busy`]. Default 5 s.
    pub wait: Duration,
    /// For how long PostgreSQL may take over an operation. Default 10 s.
    pub deadline: Duration,
    /// How many connections to PostgreSQL are held at most. Default 10.
    pub connections: usize,
    /// How many connections read an SQLite file, beside the one that writes. Default 4.
    pub readers: usize,
    /// Whether migrations that are missing are applied; otherwise they are refused. Default: yes.
    pub migrate: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            connections: 10,
            readers: 4,
            migrate: true,
        }
    }
}

/// Why a database is not to be had. No text names a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of a database.
    #[error(transparent)]
    BadUrl(#[from] BadUrl),
    /// It cannot be reached or opened, or cannot keep what the ports promise.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// A later version of this program has changed the tables.
    #[error("the database has migration {0}, which this version does not know: start the version that made it")]
    Newer(String),
    /// Tables are missing, and the options say to leave them alone.
    #[error("{0} migrations have not been applied")]
    Pending(usize),
    /// It failed while its tables were looked at or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConnectError {
    pub(crate) fn of_database(error: diesel::result::Error) -> Self {
        Self::Store(Fault::from(error).into())
    }
}

impl From<std::io::Error> for ConnectError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(error.kind().to_string())
    }
}

#[cfg(feature = "test-support")]
use crate::inspect::Inspect;

/// Stands in for the look behind the ports where there is none.
#[cfg(not(feature = "test-support"))]
pub(crate) trait Inspect {}
#[cfg(not(feature = "test-support"))]
impl<T> Inspect for T {}

/// All ports on one database.
pub(crate) trait Ports:
    TokenDirectory + AccountStore + PasswordStore + RoleStore + ConsumerStore + VaultStore + MetaStore + Ping + Examine + Inspect
{
}

impl<T> Ports for T where
    T: TokenDirectory
        + AccountStore
        + PasswordStore
        + RoleStore
        + ConsumerStore
        + VaultStore
        + MetaStore
        + Ping
        + Examine
        + Inspect
{
}

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
        match DatabaseUrl::parse(url)? {
            DatabaseUrl::Sqlite(path) => {
                let owned = options.clone();
                let opening = tokio::task::spawn_blocking(move || sqlite::Db::open(path, &owned));
                let opened = opening
                    .await
                    .map_err(|_| ConnectError::Unavailable("opening it panicked".to_owned()))?;
                let db = opened?;
                sqlite::prepare(&db, options.migrate).await?;
                Ok(Self(Arc::new(db)))
            }
            DatabaseUrl::Postgres(url) => {
                let db = postgres::Db::open(*url, options).await?;
                postgres::prepare(&db, options.migrate).await?;
                Ok(Self(Arc::new(db)))
            }
        }
    }

    /// The port of tokens and sessions.
    pub fn tokens(&self) -> Arc<dyn TokenStore> {
        self.0.clone()
    }

    /// The port of those who look after other people's tokens.
    pub fn directory(&self) -> Arc<dyn TokenDirectory> {
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

    /// The server's sealed keys.
    pub fn vault(&self) -> Arc<dyn VaultStore> {
        self.0.clone()
    }

    /// Facts about this database.
    pub fn meta(&self) -> Arc<dyn MetaStore> {
        self.0.clone()
    }

    /// What the database says of itself, for an operator.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn facts(&self) -> Result<Facts, StoreError> {
        self.0.facts().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }

    #[cfg(feature = "test-support")]
    pub(crate) fn ports(&self) -> &dyn Ports {
        &*self.0
    }
}
