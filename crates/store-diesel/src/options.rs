//! How a store is opened, and why it may not be.

use std::time::Duration;

use auth_core::StoreError;

use crate::error::DbError;
use crate::url::BadUrl;

/// How a store goes about its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// For how long an operation waits for a connection before it is [`StoreError::Busy`]. Default 5 s.
    pub wait: Duration,
    /// For how long the database may take over an operation that has begun. Default 10 s.
    pub deadline: Duration,
    /// How many connections to PostgreSQL are held at most, and one more for the feed. Default 20: what commits at the same
    /// moment shares the disk's delay.
    pub connections: usize,
    /// How many connections read an SQLite file, beside the one that writes. Default 4.
    pub readers: usize,
    /// Whether migrations that are missing are applied; otherwise they are refused. Default: yes.
    pub migrate: bool,
}

/// For how long the database may take over what may take long: a migration, the end of all sessions.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            connections: 20,
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
    /// It is the target of a transfer that is not complete: it lacks some of what the source has.
    #[error(
        "the database is an unfinished copy: run the `tessera data copy` or `tessera data import` that began it again, which \
         goes on where it stopped; or delete the database"
    )]
    Unfinished,
    /// It failed while its tables were looked at or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConnectError {
    pub(crate) fn of_database(error: diesel::result::Error) -> Self {
        Self::Store(DbError::from(error).into())
    }
}

impl From<std::io::Error> for ConnectError {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(error.kind().to_string())
    }
}
