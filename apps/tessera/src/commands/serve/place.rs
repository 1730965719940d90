//! Where a server's data live.

use std::path::PathBuf;

use anyhow::Context;
use tempfile::TempDir;

use super::DEFAULT_DATABASE;
use crate::commands::admin::sqlite_path;
use crate::config::Config;
use crate::master;

/// Where the data live, and for how long.
pub struct Place {
    pub url: String,
    /// The SQLite file, beside which a master key may be made.
    file: Option<PathBuf>,
    private: Option<TempDir>,
}

impl Place {
    pub fn choose(config: &Config, demo: bool) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self::of(url.clone(), None));
        }
        if !demo {
            return Ok(Self::of(DEFAULT_DATABASE.into(), None));
        }
        let folder = tempfile::Builder::new().prefix("tessera-demo-").tempdir();
        let folder = folder.context("the demo's temporary folder cannot be made")?;
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        Ok(Self::of(url, Some(folder)))
    }

    fn of(url: String, private: Option<TempDir>) -> Self {
        let path = sqlite_path(&url).filter(|path| *path != ":memory:");
        Self {
            file: path.map(PathBuf::from),
            url,
            private,
        }
    }

    pub fn master_key(&self, config: &Config, demo: bool) -> anyhow::Result<master::Source> {
        if demo {
            return Ok(master::Source::Demo);
        }
        Ok(master::Source::Configured {
            file: config.master_key_file.clone(),
            beside: self.file.clone(),
        })
    }

    /// Removes what was only for this run.
    pub fn leave(self) {
        if let Some(folder) = self.private
            && let Err(error) = folder.close()
        {
            tracing::warn!(event = "demo_folder_left", %error);
        }
    }
}
