//! How a store is opened, and why it may not be.

use std::fmt;
use std::time::Duration;

use auth_core::StoreError;

use crate::error::DbError;
use crate::url::{BadUrl, shown_url};

/// How a store goes about its connections.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// For how long an operation waits for a connection before it is [`StoreError::Busy`]. Default 5 s. An SQLite file's lock is
    /// waited for as long, and for 5 s at least.
    pub wait: Duration,
    /// For how long the database may take over an operation that has begun. Default 10 s.
    pub deadline: Duration,
    /// How many connections to PostgreSQL are held at most, one more for the feed, and one for notices of changes. Default 20:
    /// what commits at the same moment shares the disk's delay.
    pub connections: usize,
    /// How many connections read an SQLite file, beside the one that writes. Default 4.
    pub readers: usize,
    /// Whether migrations that are missing are applied; otherwise they are refused. Default: yes.
    pub migrate: bool,
    /// Whether what other processes change is noticed at once
    /// ([`TokenStore::watch_feed`](auth_core::TokenStore::watch_feed) and the other watches): for a server. Default: no; the
    /// watches never wake.
    pub listen: bool,
    /// Where the feed is read and changes are noticed, if not where everything else is: the same PostgreSQL database without
    /// the pooler that `url` leads through. Default: the same. For PostgreSQL only.
    pub feed_url: Option<String>,
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
            listen: false,
            feed_url: None,
        }
    }
}

impl StoreOptions {
    /// The defaults, for a database that may take so long over an operation: half of it is for the wait for a connection.
    #[must_use]
    pub fn within(deadline: Duration) -> Self {
        Self {
            wait: deadline / 2,
            deadline,
            ..Self::default()
        }
    }

    /// For tests that are not about a database that is slow: the machine that runs them may be busy.
    #[cfg(feature = "test-support")]
    #[must_use]
    pub fn patient() -> Self {
        Self::within(Duration::from_secs(120))
    }
}

impl fmt::Debug for StoreOptions {
    /// The URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("wait", &self.wait)
            .field("deadline", &self.deadline)
            .field("connections", &self.connections)
            .field("readers", &self.readers)
            .field("migrate", &self.migrate)
            .field("listen", &self.listen)
            .field("feed_url", &self.feed_url.as_deref().map(shown_url))
            .finish()
    }
}

/// Why a database is not to be had. No text names a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of a database.
    #[error(transparent)]
    BadUrl(#[from] BadUrl),
    /// The URL of the feed cannot be used, and why.
    #[error("the feed's URL: {0}")]
    FeedUrl(String),
    /// It cannot be reached or opened, or cannot keep what the ports promise.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// It is reached through a pooler that we cannot work through, and why.
    #[error("{0}")]
    Pooler(String),
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
