//! The options that every command has.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::Overrides;

/// The options that every command has, before or after its own.
#[derive(Debug, Args)]
pub struct Common {
    /// A TOML file with settings.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: sqlite:PATH, sqlite::memory: or postgres://… [default: sqlite:tessera.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The file with the master key (32 bytes, base64), for a server whose environment has no TESSERA_MASTER_KEY.
    #[arg(long, global = true, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// The file with settings, if one is named.
    pub fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The settings that these options replace.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            database_url: self.database_url.clone(),
            master_key_file: self.master_key_file.clone(),
            listen: None,
        }
    }
}
