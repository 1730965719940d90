//! The command line. Secrets come from standard input, a file or the environment, never from an argument: arguments are
//! in every process list.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::config::Overrides;

/// Issues and checks API tokens: four documented APIs over one store.
#[derive(Debug, Parser)]
#[command(name = "tessera", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(commands::serve::Serve),
    /// Bring the database's schema up to date, and say what was done.
    Migrate(commands::migrate::Migrate),
    /// Say what is wrong with settings, database, keys, clock and files, and what to do. Changes nothing.
    Doctor(commands::doctor::Doctor),
    /// Make, show and change accounts.
    Account(commands::account::Account),
    /// Make and show roles.
    Role(commands::role::Role),
    /// Make organisations.
    Organisation(commands::organisation::Organisation),
    /// Make, bar and readmit consumers.
    Consumer(commands::consumer::Consumer),
    /// List and revoke tokens.
    Token(commands::token::Token),
    /// List, rotate, retire, import and export signing keys.
    Key(commands::key::Key),
}

/// What every command takes.
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

    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            database_url: self.database_url.clone(),
            master_key_file: self.master_key_file.clone(),
            listen: None,
        }
    }
}

/// Runs the command; an error is one sentence on standard error and exit status 1.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Account(account) => account.run(),
        Command::Role(role) => role.run(),
        Command::Organisation(organisation) => organisation.run(),
        Command::Consumer(consumer) => consumer.run(),
        Command::Token(token) => token.run(),
        Command::Key(key) => key.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tessera: {error:#}");
            ExitCode::FAILURE
        }
    }
}
