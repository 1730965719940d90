//! The options that every command has, and the context of a command.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::builder::Builder;
use crate::config::{Config, Overrides};

/// The settings file that `tessera init` makes where none is named.
pub(crate) const SETTINGS_FILE: &str = "tessera.toml";

/// The options that every command has, before or after its own.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A TOML file with settings [default: the one in TESSERA_CONFIG]
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
    json: bool,
}

/// The options of this call, and this program's dialects and strategies.
#[derive(Debug)]
pub(crate) struct Common {
    options: Options,
    builder: Builder,
    command: String,
}

impl Common {
    pub(crate) fn new(options: Options, builder: Builder, command: String) -> Self {
        let config = options.config.or_else(|| {
            std::env::var_os("TESSERA_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        Self {
            options: Options { config, ..options },
            builder,
            command,
        }
    }

    /// The words of the command, such as `account disable`.
    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// The dialects and strategies of this program, its clock and its source of random bytes.
    pub(crate) fn builder(&self) -> &Builder {
        &self.builder
    }

    /// Whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.options.json
    }

    /// The settings, with these options on top.
    pub(crate) fn load_config(&self) -> anyhow::Result<Config> {
        self.builder.config(&self.overrides())
    }

    /// The file with settings, if one is named.
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.options.config.as_deref()
    }

    /// Says so where a settings file is in this folder and not read: `tessera init` makes one there.
    pub(crate) fn note_unread_settings(&self) {
        let is_read = self.config_file().is_some() || self.command == "init";
        if !is_read && Path::new(SETTINGS_FILE).exists() {
            eprintln!(
                "tessera: {SETTINGS_FILE} in this folder is not read: name it with --config or TESSERA_CONFIG to use it"
            );
        }
    }

    /// The database that the command line names.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.options.database_url.as_deref()
    }

    /// The file with the master key that the command line names.
    pub(crate) fn master_key_file(&self) -> Option<&Path> {
        self.options.master_key_file.as_deref()
    }

    /// The settings of this file, with these options on top.
    pub(crate) fn load_config_of(&self, path: &Path) -> anyhow::Result<Config> {
        let config = Some(path.to_owned());
        self.builder.config(&Overrides {
            config,
            ..self.overrides()
        })
    }

    /// The settings that these options override.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            config: self.options.config.clone(),
            database_url: self.options.database_url.clone(),
            master_key_file: self.options.master_key_file.clone(),
            listen: None,
        }
    }
}
