//! The database that a command works on: its URL, its file, and how it is opened.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store_diesel::{ConnectError, DieselStore, StoreOptions, shown_url};

use crate::config::Config;
use crate::master;

/// The database of a command that names none.
pub const DEFAULT_DATABASE: &str = "sqlite:tessera.db";

/// The configured database, or the default.
pub fn database_url(config: &Config) -> String {
    config.database_url.clone().unwrap_or_else(|| DEFAULT_DATABASE.into())
}

/// Opens an existing, up-to-date database. A command never creates one: with a mistyped path, the new account would go
/// into a new, empty database.
pub async fn open_existing(config: &Config) -> anyhow::Result<DieselStore> {
    let url = &database_url(config);
    if let Some(path) = missing_file(url)? {
        bail!("there is no database {path}: check --database-url, or create it with `tessera migrate`");
    }
    let mut options = config.database.options();
    options.migrate = false;
    match DieselStore::connect(url, &options).await {
        Err(ConnectError::Pending(count)) => {
            bail!("the database lacks {count} migrations of this version: apply them with `tessera migrate`")
        }
        opened => Ok(opened?),
    }
}

/// The path of the SQLite file, if the URL names one and it does not exist.
pub fn missing_file(url: &str) -> anyhow::Result<Option<&str>> {
    match sqlite_path(url) {
        Some(":memory:") => {
            bail!("sqlite::memory: lasts only as long as the command: name a file or a PostgreSQL database")
        }
        Some(path) if !Path::new(path).exists() => Ok(Some(path)),
        _ => Ok(None),
    }
}

/// The source of the master key for a server with these settings.
pub fn master_key(config: &Config) -> master::Source {
    let url = database_url(config);
    let beside = sqlite_path(&url).filter(|path| *path != ":memory:").map(PathBuf::from);
    master::Source::Configured {
        flag: config.master_key_flag.clone(),
        configured: config.master_key.clone(),
        beside,
    }
}

/// The path in the URL of an SQLite database.
pub fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    Some(path.strip_prefix("//").unwrap_or(path))
}

/// Opens the database and brings its schema up to date.
pub async fn connect(url: &str) -> anyhow::Result<DieselStore> {
    connect_with(url, &StoreOptions::default()).await
}

/// The same for a server with these settings, which is to notice what others change.
pub async fn connect_and_listen(url: &str, config: &Config) -> anyhow::Result<DieselStore> {
    let mut options = config.database.options();
    (options.listen, options.feed_url) = (true, config.feed_url.clone());
    connect_with(url, &options).await
}

async fn connect_with(url: &str, options: &StoreOptions) -> anyhow::Result<DieselStore> {
    match (DieselStore::connect(url, options).await, &options.feed_url) {
        (Err(ConnectError::FeedUrl(why)), Some(feed_url)) => bail!("feed_url = {}: {why}", shown_url(feed_url)),
        (connected, _) => connected.with_context(|| format!("database_url = {}", shown_url(url))),
    }
}
