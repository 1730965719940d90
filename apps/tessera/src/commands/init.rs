//! `tessera init`.

mod answers;
mod settings_file;

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use secrecy::SecretString;
use serde_json::{Value, json};
use store_diesel::shown_url;

use super::account::SOURCE;
use super::admin::Admin;
use super::database::{connect, missing_file};
use super::new_file::NewFile;
use super::report::{Report, plain};
use super::{change_log, input};
use crate::config::Config;
use crate::operators::OperatorRole;
use crate::options::{Common, SETTINGS_FILE};
use crate::{acts, master};
use answers::Answers;

/// Make what a server needs: a settings file with every setting in it (--config, tessera.toml by default), a master key that
/// only its owner can read, and a database with its tables. On a terminal it asks for what no option says. What is there
/// already stays as it is, so it may be run again.
#[derive(Debug, Args)]
pub struct Init {
    /// A flavour to serve: mechanics, login, device, integration. Repeat the option for more [default: all]
    #[arg(long = "flavour", value_name = "NAME")]
    flavours: Vec<String>,
    /// Where the server listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Create this operator, an owner, if there is none of this login name. The password is typed, or read from standard input.
    #[arg(long, value_name = "LOGIN")]
    operator: Option<String>,
    /// Read the operator's password from standard input.
    #[arg(long, requires = "operator")]
    password_stdin: bool,
    /// Print what would be made, with the settings file, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// One thing that a server needs.
struct Part {
    what: &'static str,
    name: String,
    was_there: bool,
}

impl Init {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let file = common.config_file().unwrap_or(Path::new(SETTINGS_FILE)).to_owned();
        let is_there = file.exists();
        // Where settings are there, they count, and not what could be asked.
        let (database_url, key, answers, ignored) = if is_there {
            let config = common.load_config_of(&file)?;
            let key = super::database::master_key(&config).file();
            (super::database::database_url(&config), key, None, self.ignored(&config))
        } else {
            let answers = Answers::gather(&self, common)?;
            let key = Some(answers.master_key_file.clone());
            (answers.database_url.clone(), key, Some(answers), None)
        };
        let text = answers.as_ref().map(settings_file::text);
        let operator = answers.map_or_else(|| self.operator.clone(), |answers| answers.operator);
        let mut parts = vec![Part::new("settings", file.display().to_string(), is_there)];
        parts.extend(
            key.as_ref()
                .map(|key| Part::new("master key", key.display().to_string(), key.exists())),
        );
        let is_missing = missing_file(&database_url)?.is_some();
        parts.push(Part::new("database", shown_url(&database_url), !is_missing));
        if self.dry_run {
            let report = report(&file, &parts, true, text.as_deref());
            return with_warning(report, ignored).print(common.json());
        }
        // Before anything is made: a password that cannot be read stops it.
        let password = operator
            .as_ref()
            .map(|_| input::new_password(self.password_stdin))
            .transpose()?;
        if let Some(text) = &text {
            write(&file, text)?;
        }
        let made = self.make(common, &file, key.as_deref(), &database_url, (operator, password));
        let unfinished = || {
            format!(
                "{} is there; correct this and run `tessera init` again: it goes on",
                file.display()
            )
        };
        parts.extend(made.with_context(unfinished)?);
        with_warning(report(&file, &parts, false, None), ignored).print(common.json())
    }

    /// The master key, the database and the operator, as far as they are not there.
    fn make(
        &self,
        common: &Common,
        file: &Path,
        key: Option<&Path>,
        database_url: &str,
        operator: (Option<String>, Option<SecretString>),
    ) -> anyhow::Result<Option<Part>> {
        if let Some(key) = key.filter(|key| !key.exists()) {
            master::make(key).with_context(|| format!("the master key {} cannot be made", key.display()))?;
        }
        let operator = operator.0.as_deref().zip(operator.1.as_ref());
        super::runtime()?.block_on(set_up(common, file, database_url, operator))
    }

    /// What an option asks for and the settings that are there say otherwise.
    fn ignored(&self, config: &Config) -> Option<String> {
        let served: Vec<&str> = config.flavours.iter().map(|flavour| flavour.name.as_str()).collect();
        let other_flavours =
            !self.flavours.is_empty() && self.flavours.iter().map(String::as_str).ne(served.iter().copied());
        let other_address = self
            .listen
            .as_ref()
            .is_some_and(|listen| *listen != config.listen.to_string());
        let ignored: Vec<&str> = [("--flavour", other_flavours), ("--listen", other_address)]
            .into_iter()
            .filter_map(|(option, is_ignored)| is_ignored.then_some(option))
            .collect();
        (!ignored.is_empty()).then(|| {
            format!(
                "the settings file was there and stays as it is; not used: {}. Change the file",
                ignored.join(", ")
            )
        })
    }
}

fn with_warning(report: Report, warning: Option<String>) -> Report {
    match warning {
        Some(warning) => report.with_warning(&warning),
        None => report,
    }
}

impl Part {
    fn new(what: &'static str, name: String, was_there: bool) -> Self {
        Self { what, name, was_there }
    }

    fn line(&self, dry_run: bool) -> String {
        let state = match (self.was_there, dry_run) {
            (true, _) => "is there",
            (false, true) => "would be made",
            (false, false) => "made",
        };
        format!("{:<10}  {state:<13}  {}", self.what, self.name)
    }

    fn json(&self) -> Value {
        json!({ "what": self.what, "name": self.name, "was_there": self.was_there })
    }
}

/// Makes the database and its tables, and the operator.
async fn set_up(
    common: &Common,
    file: &Path,
    database_url: &str,
    operator: Option<(&str, &SecretString)>,
) -> anyhow::Result<Option<Part>> {
    let store = connect(database_url).await?;
    let Some((login, password)) = operator else {
        return Ok(None);
    };
    let admin = Admin::of(common, common.load_config_of(file)?, store);
    let stores = admin.stores();
    let was_there = acts::operator::find(&stores, login).await.is_ok();
    if !was_there {
        let setter = admin.password_setter()?;
        let by = change_log::provenance(common);
        let new = (login, OperatorRole::Owner);
        by.scope(acts::operator::add(
            &stores,
            &setter,
            new,
            password,
            (admin.now(), SOURCE),
        ))
        .await?;
    }
    Ok(Some(Part::new("operator", plain(login), was_there)))
}

/// The file may hold the password of a database: only its owner can read it.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = NewFile::create(path, "--config")?;
    file.write_all(text.as_bytes())?;
    file.finish()
}

fn report(file: &Path, parts: &[Part], dry_run: bool, text: Option<&str>) -> Report {
    let mut lines: Vec<_> = parts.iter().map(|part| part.line(dry_run)).collect();
    let file = file.display();
    match text {
        Some(text) => lines.push(format!("\n{}", text.trim_end())),
        None if dry_run => {}
        None => lines.push(format!(
            "keep a copy of the master key away from the database's. Next: `tessera doctor --config {file}` checks everything, \
             `tessera account add --config {file} …` creates an account, `tessera serve --config {file}` starts the server"
        )),
    }
    let each: Vec<_> = parts.iter().map(Part::json).collect();
    let mut json = json!({ "dry_run": dry_run, "parts": each });
    if let Some(text) = text {
        json["settings"] = text.into();
    }
    Report::new(lines.join("\n"), json)
}
