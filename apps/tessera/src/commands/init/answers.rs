//! What a new installation is to have: from options, else asked on a terminal, else the defaults.

use std::io::{IsTerminal, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::Init;
use crate::commands::database::{DEFAULT_DATABASE, sqlite_path};
use crate::options::Common;

const LISTEN: &str = "127.0.0.1:8080";

/// What a new installation is to have.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) database_url: String,
    pub(super) master_key_file: PathBuf,
    pub(super) listen: String,
    pub(super) flavours: Vec<String>,
    /// The login name of the first operator, if there is to be one.
    pub(super) operator: Option<String>,
}

/// A setting that counts above the file, for this command as for the server.
fn of_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Answers {
    pub(super) fn gather(init: &Init, common: &Common) -> anyhow::Result<Self> {
        let may_ask =
            !common.json() && !init.dry_run && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let ask = |given: Option<String>, question: &str, default: &str| match given {
            Some(given) => Ok(given),
            None if may_ask => asked(question, default),
            None => Ok(default.to_owned()),
        };
        let known: Vec<&str> = common
            .builder()
            .catalog()
            .dialects()
            .iter()
            .map(|dialect| dialect.name())
            .collect();
        let database_url = common.database_url().map(str::to_owned);
        let database_url = database_url.or_else(|| of_environment("TESSERA_DATABASE_URL"));
        let database_url = ask(database_url, "Database: sqlite:PATH or postgres://…", DEFAULT_DATABASE)?;
        let key = common.master_key_file().map(|path| path.display().to_string());
        let key = key.or_else(|| of_environment("TESSERA_MASTER_KEY_FILE"));
        let key = ask(key, "File for the master key", &key_of(&database_url))?;
        let listen = init.listen.clone().or_else(|| of_environment("TESSERA_LISTEN"));
        let listen = ask(listen, "Address to listen on", LISTEN)?;
        let flavours = match init.flavours.is_empty() {
            false => init.flavours.clone(),
            true => ask(None, "Flavours", &known.join(" "))?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        };
        let question = "First operator of the console, by login name; nothing: none yet";
        let operator = ask(init.operator.clone(), question, "")?;
        let answers = Self {
            database_url,
            master_key_file: key.into(),
            listen,
            flavours,
            operator: Some(operator).filter(|login| !login.is_empty()),
        };
        answers.check(&known)?;
        Ok(answers)
    }

    fn check(&self, known: &[&str]) -> anyhow::Result<()> {
        let allowed = ["sqlite:", "postgres:", "postgresql:"];
        if !allowed.iter().any(|scheme| self.database_url.starts_with(scheme)) {
            bail!("the database: allowed are sqlite:PATH and postgres://…");
        }
        if sqlite_path(&self.database_url) == Some(":memory:") {
            bail!("sqlite::memory: is gone when its program ends: name a file or a PostgreSQL database");
        }
        if self.listen.parse::<SocketAddr>().is_err() {
            bail!(
                "--listen or TESSERA_LISTEN, {:?}: allowed are an address and a port, such as {LISTEN}",
                self.listen
            );
        }
        if let Some(unknown) = self.flavours.iter().find(|flavour| !known.contains(&flavour.as_str())) {
            bail!("--flavour {unknown:?}: allowed are {}", known.join(", "));
        }
        if self.flavours.is_empty() {
            bail!("--flavour: at least one is needed; allowed are {}", known.join(", "));
        }
        Ok(())
    }

    /// The value of a setting at the top of the file, if it is one of these.
    pub(super) fn value_of(&self, key: &str) -> Option<String> {
        match key {
            "database_url" => Some(self.database_url.clone()),
            "master_key_file" => Some(self.master_key_file.display().to_string()),
            "listen" => Some(self.listen.clone()),
            _ => None,
        }
    }
}

/// Beside an SQLite file, where a server without settings looks for it; otherwise in the folder.
fn key_of(database_url: &str) -> String {
    match sqlite_path(database_url) {
        Some(path) => format!("{path}.key"),
        None => Path::new("tessera.key").display().to_string(),
    }
}

fn asked(question: &str, default: &str) -> anyhow::Result<String> {
    match default.is_empty() {
        true => eprint!("{question}: "),
        false => eprint!("{question} [{default}]: "),
    }
    std::io::stderr().flush()?;
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer)? == 0 {
        bail!("there was no answer; nothing was changed");
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default } else { answer }.to_owned())
}
