//! The command line and its commands. Secrets come from standard input, a file or the environment, never from
//! an argument, because process lists show arguments.

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::builder::Builder;
use crate::commands;
use crate::options::{Common, Options};

/// Issues and checks API tokens.
#[derive(Debug, Parser)]
#[command(name = "tessera", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a settings file, a master key and a database: the first thing to run.
    Init(commands::init::Init),
    /// Run the server.
    Serve(commands::serve::Serve),
    /// Bring the database's schema up to date.
    Migrate(commands::migrate::Migrate),
    /// Ask the server on this machine whether it is ready.
    Health(commands::health::Health),
    /// Check settings, database, keys, clock and files, and show how to correct errors. Changes nothing.
    Doctor(commands::doctor::Doctor),
    /// Create, list, show, change, disable and enable accounts.
    Account(commands::account::Account),
    /// Create, list, change, disable and enable operators: people who administer the server.
    Operator(commands::operator::Operator),
    /// Create, list, show and replace roles.
    Role(commands::role::Role),
    /// Create, list, show and replace organisations.
    Organisation(commands::organisation::Organisation),
    /// Create, list, show, disable and enable consumers, and rotate their tokens.
    Consumer(commands::consumer::Consumer),
    /// Create, list, show, change, disable and enable resource servers, services that ask about tokens, and rotate their secrets.
    ResourceServer(commands::resource_server::ResourceServer),
    /// List and revoke tokens.
    Token(commands::token::Token),
    /// List, rotate, retire, import and export signing keys.
    Key(commands::key::Key),
    /// List, rotate, retire and replace the master keys that open the database.
    MasterKey(commands::master_key::MasterKey),
    /// Copy everything into another database, or through a file.
    Data(commands::data::Data),
    /// Take over people, passwords and live tokens from another system.
    ///
    /// Its tokens are accepted from then on as its clients send them; passwords become bcrypt at the first sign-in. Interrupted, or with
    /// newer data, run it again: what is there stays as it is. The page moving-in.md has each step.
    Import(commands::import::Import),
    /// Write everything into an encrypted file, while servers run.
    Backup(commands::backup::Backup),
    /// Put a backup into an empty database.
    Restore(commands::restore::Restore),
    /// Check, list and follow the audit log.
    Audit(commands::audit::Audit),
    /// Print the script that completes this command line in a shell.
    Completions(commands::completions::Completions),
    /// Print the manual page, or write those of all commands.
    Man(commands::man::Man),
}

/// Runs Tessera's command line, `serve`, `account`, `key` and the others, with the dialects and strategies of
/// `builder`. An error prints one sentence on standard error, and the exit status is 1.
pub fn run(builder: Builder) -> ExitCode {
    let matches = command().get_matches();
    let Cli { options, command } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let common = Common::new(options, builder, words(&matches));
    common.note_unread_settings();
    let outcome = match command {
        Command::Init(init) => init.run(&common),
        Command::Serve(serve) => serve.run(&common),
        Command::Migrate(migrate) => migrate.run(&common),
        Command::Health(health) => health.run(&common),
        Command::Doctor(doctor) => doctor.run(&common),
        Command::Account(account) => account.run(&common),
        Command::Operator(operator) => operator.run(&common),
        Command::Role(role) => role.run(&common),
        Command::Organisation(organisation) => organisation.run(&common),
        Command::Consumer(consumer) => consumer.run(&common),
        Command::ResourceServer(server) => server.run(&common),
        Command::Token(token) => token.run(&common),
        Command::Key(key) => key.run(&common),
        Command::MasterKey(key) => key.run(&common),
        Command::Data(data) => data.run(&common),
        Command::Import(import) => import.run(&common),
        Command::Backup(backup) => backup.run(&common),
        Command::Restore(restore) => restore.run(&common),
        Command::Audit(audit) => audit.run(&common),
        Command::Completions(completions) => completions.run(&common),
        Command::Man(man) => man.run(&common),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tessera: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The whole command line, as clap has it.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// The words of the command, such as `account disable`.
fn words(matches: &ArgMatches) -> String {
    let below = std::iter::successors(matches.subcommand(), |(_, below)| below.subcommand());
    below.map(|(word, _)| word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
