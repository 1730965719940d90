//! What all administrators' commands share: they work directly on the database, while servers run on it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use auth_core::{
    AccountStore, Clock, HashCost, HashingOptions, PasswordHasher, PasswordPolicy, PasswordSetter, PasswordStore,
    SystemClock, SystemEntropy, Timestamp, TokenDirectory,
};
use consumer_auth::ConsumerStore;
use permissions::RoleStore;
use store_diesel::{ConnectError, DieselStore, StoreOptions};

use super::report::Report;
use super::serve::DEFAULT_DATABASE;
use crate::config::Config;
use crate::options::Common;
use crate::{commands, master};

/// The settings, their database, and the clock.
pub struct Admin {
    pub config: Config,
    pub store: DieselStore,
    clock: Arc<dyn Clock>,
}

impl Admin {
    /// Opens the database, runs the action, and prints its report.
    pub fn run(common: &Common, action: impl AsyncFnOnce(&Self) -> anyhow::Result<Report>) -> anyhow::Result<()> {
        let config = Config::load(&common.overrides())?;
        let report = commands::runtime()?.block_on(async {
            let admin = Self {
                store: open(&database_url(&config)).await?,
                config,
                clock: Arc::new(SystemClock::new()),
            };
            action(&admin).await
        })?;
        report.print(common.json)
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn accounts(&self) -> Arc<dyn AccountStore> {
        self.store.accounts()
    }

    pub fn passwords(&self) -> Arc<dyn PasswordStore> {
        self.store.passwords()
    }

    pub fn directory(&self) -> Arc<dyn TokenDirectory> {
        self.store.directory()
    }

    pub fn roles(&self) -> Arc<dyn RoleStore> {
        self.store.roles()
    }

    pub fn consumers(&self) -> Arc<dyn ConsumerStore> {
        self.store.consumers()
    }

    /// A setter of passwords with the configured cost.
    pub fn password_setter(&self) -> anyhow::Result<PasswordSetter> {
        let options = HashingOptions {
            cost: HashCost::new(self.config.passwords.cost)?,
            threads: Some(NonZeroUsize::MIN),
            ..HashingOptions::default()
        };
        let hasher = PasswordHasher::start(options, self.clock.clone(), Arc::new(SystemEntropy));
        let hasher = Arc::new(hasher.context("the password thread cannot start")?);
        Ok(PasswordSetter::new(
            self.passwords(),
            hasher,
            self.clock.clone(),
            PasswordPolicy::default(),
        ))
    }
}

/// The configured database, or the default.
pub fn database_url(config: &Config) -> String {
    config.database_url.clone().unwrap_or_else(|| DEFAULT_DATABASE.into())
}

/// Opens an existing, up-to-date database. A command never creates one: with a mistyped path, the new account would go
/// into a new, empty database.
async fn open(url: &str) -> anyhow::Result<DieselStore> {
    if let Some(path) = missing_file(url)? {
        bail!("there is no database {path}: check --database-url, or create it with `tessera migrate`");
    }
    let mut options = StoreOptions::default();
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
    let file = config.master_key_file.clone();
    master::Source::Configured { file, beside }
}

/// The path in the URL of an SQLite database.
pub fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    Some(path.strip_prefix("//").unwrap_or(path))
}
