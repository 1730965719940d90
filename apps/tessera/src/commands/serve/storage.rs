//! Where a server keeps its data.

use anyhow::Context;
use tempfile::TempDir;

use crate::commands::database::database_url;
use crate::config::Config;

/// Where the data are, and whether they are deleted when the process ends.
pub(super) struct Storage {
    pub(super) url: String,
    private: Option<TempDir>,
}

impl Storage {
    /// The configured database or the default; for a demo without one, a file in a private folder.
    pub(super) fn choose(config: &Config, demo: bool) -> anyhow::Result<Self> {
        if !demo || config.database_url.is_some() {
            let url = database_url(config);
            return Ok(Self { url, private: None });
        }
        let folder = tempfile::Builder::new().prefix("tessera-demo-").tempdir();
        let folder = folder.context("the demo's temporary folder cannot be made")?;
        Ok(Self {
            url: format!("sqlite:{}", folder.path().join("tessera.db").display()),
            private: Some(folder),
        })
    }

    /// Removes the demo's private folder.
    pub(super) fn close(self) {
        if let Some(folder) = self.private
            && let Err(error) = folder.close()
        {
            tracing::warn!(event = "demo_folder_left", %error);
        }
    }
}
