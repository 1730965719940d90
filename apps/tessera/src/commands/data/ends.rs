//! The two ends of a copy: which databases, and where the master key is.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store_diesel::shown_url;

use crate::commands::database::{database_url, missing_file, sqlite_path};
use crate::config::{Config, database_of};
use crate::master::{self, MasterKeyPlace};

/// The variable with the URL of the target, for a URL with a password.
pub(in crate::commands) const TARGET: &str = "TESSERA_COPY_TO";

/// A database at one end, and where the same settings say that its master key is.
#[derive(Clone)]
pub(in crate::commands) struct End {
    pub(in crate::commands) url: String,
    master_key: Option<MasterKeyPlace>,
}

impl std::fmt::Debug for End {
    /// The URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl End {
    /// The database of the settings.
    pub(in crate::commands) fn configured(config: &Config) -> Self {
        Self {
            url: database_url(config),
            master_key: config.master_key.clone(),
        }
    }

    /// A URL, or the path of a settings file that has it.
    pub(in crate::commands) fn given(text: &str, config: &Config) -> anyhow::Result<Self> {
        let is_url = ["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if is_url {
            return Ok(Self {
                url: text.to_owned(),
                master_key: config.master_key.clone(),
            });
        }
        let (url, master_key) = database_of(Path::new(text))?;
        Ok(Self {
            url: url.with_context(|| format!("the settings file {text} has no database_url"))?,
            master_key: master_key.or_else(|| config.master_key.clone()),
        })
    }

    /// Refuses a file that is not there, and a database in memory.
    pub(in crate::commands) fn exists(self) -> anyhow::Result<Self> {
        match missing_file(&self.url)? {
            Some(path) => bail!("there is no database {path}: check the path, or create it with `tessera migrate`"),
            None => Ok(self),
        }
    }

    /// Whether both are one database: the same URL, or one file by two names.
    pub(in crate::commands) fn is(&self, other: &Self) -> bool {
        let file = |end: &Self| std::fs::canonicalize(sqlite_path(&end.url)?).ok();
        self.url == other.url || file(self).is_some_and(|path| file(other) == Some(path))
    }

    /// The database as it may be shown.
    pub(in crate::commands) fn shown(&self) -> String {
        shown_url(&self.url)
    }

    /// Where a server with this database has its master key.
    pub(in crate::commands) fn master_key(&self, config: &Config) -> master::Source {
        let beside = sqlite_path(&self.url)
            .filter(|path| *path != ":memory:")
            .map(PathBuf::from);
        master::Source::Configured {
            flag: config.master_key_flag.clone(),
            configured: self.master_key.clone(),
            beside,
        }
    }
}
