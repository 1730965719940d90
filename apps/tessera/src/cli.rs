//! The command line: which commands there are. Secrets come from standard input, a file or the environment, never from
//! an argument, because process lists show arguments.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands;

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
    /// Bring the database's schema up to date.
    Migrate(commands::migrate::Migrate),
    /// Check settings, database, keys, clock and files, and show how to correct errors. Changes nothing.
    Doctor(commands::doctor::Doctor),
    /// Create, show, change, disable and enable accounts.
    Account(commands::account::Account),
    /// Create and show roles.
    Role(commands::role::Role),
    /// Create organisations.
    Organisation(commands::organisation::Organisation),
    /// Create, show, disable and enable consumers.
    Consumer(commands::consumer::Consumer),
    /// List and revoke tokens.
    Token(commands::token::Token),
    /// List, rotate, retire, import and export signing keys.
    Key(commands::key::Key),
}

/// Runs the command. An error prints one sentence on standard error, and the exit status is 1.
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
