//! `tessera import`: people, passwords and live tokens of another system.

mod came;
mod check_login;
mod digits;
mod disabled;
mod hashes;
mod move_in;
mod outcome;
mod postgres_password;
mod row;
mod rules;
mod source;
mod systems;
mod tried;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use auth_core::{ImportMode, Timestamp};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::account::{attributes, parse_realm};
use super::admin::Admin;
use crate::acts;
use crate::commands::database::master_key;
use crate::commands::imported_flavour;
use crate::config::Span;
use crate::keys;
use crate::master;
use crate::options::Common;
use crate::peppers::Peppers;

use check_login::Known;
use hashes::Pepper;
use move_in::MoveIn;
use rules::{Rules, Unconfirmed};
use source::Source;
use systems::System;

/// Take over people, passwords and live tokens from another system. Its tokens are accepted from then on as its clients send
/// them; passwords become bcrypt at the first sign-in. Interrupted, or with newer data, run it again: what is there stays as
/// it is.
#[derive(Debug, Args)]
pub struct Import {
    /// The other system.
    #[arg(value_enum)]
    system: System,
    /// Its SQLite file; the postgres:// URL of its database, or @FILE with the URL; or a folder with TABLE.csv or TABLE.ndjson for
    /// each of its tables. Where a URL has no password, it comes from PGPASSWORD, or from the file PGPASSFILE or ~/.pgpass.
    #[arg(long, value_name = "PATH|URL|@FILE")]
    from: PathBuf,
    /// The flavour that accepts its tokens. It needs the setting `imported_tokens`; its realm gets the people.
    #[arg(long, value_name = "NAME")]
    flavour: String,
    /// The role that people get whom the data give none. The realm must have it.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// The attributes that each person gets: a JSON object, or @FILE with one.
    #[arg(long, value_name = "JSON|@FILE")]
    attributes: Option<String>,
    /// A file with the pepper that was appended to passwords before bcrypt (Devise). It is stored encrypted.
    #[arg(long, value_name = "FILE")]
    pepper_file: Option<PathBuf>,
    /// The login name of somebody whose password is known, to check the hashes, and the pepper, before anything changes.
    #[arg(long, value_name = "LOGIN", requires = "check_file")]
    check_login: Option<String>,
    /// A file with that password.
    #[arg(long, value_name = "FILE", requires = "check_login")]
    check_file: Option<PathBuf>,
    /// After how long a lock ends by itself (Devise's `unlock_in`, with the `unlock_strategy` time or both). Without it a locked person
    /// is disabled here, however old the lock is.
    #[arg(long, value_name = "SPAN", value_parser = Span::argument)]
    unlock_in: Option<Span>,
    /// What becomes of people who never confirmed their address [default: disable for rails, enable for laravel and better-auth]
    #[arg(long, value_enum, value_name = "WHAT")]
    unconfirmed: Option<Unconfirmed>,
    /// How long a token lives after it was issued, where the other system is set to a life that is not in its rows (Sanctum's `expiration`).
    #[arg(long, value_name = "SPAN", value_parser = Span::argument)]
    token_life: Option<Span>,
    /// Read and check everything, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write a line for each row that was refused into this new file, with the reason; also for each person who came without a password,
    /// or disabled.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

impl Import {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let realm = imported_flavour::realm_of(&admin.config, &self.flavour)?;
            let realm = parse_realm(realm.as_str())?;
            if let Some(name) = &self.role {
                let checked = acts::role::check_exists(&admin.stores(), &realm, name).await;
                checked.context("--role")?;
            }
            let attributes = attributes::read(self.attributes.as_deref())?;
            attributes::check(&attributes, &realm, &admin.config)?;
            let mut source = Source::open(&self.from).await?;
            let pepper = self.pepper(admin).await?;
            let roles = admin.stores().roles.roles(Some(&realm)).await?;
            let move_in = MoveIn {
                system: self.system,
                realm,
                flavour: self.flavour.as_str().into(),
                role: self.role.clone(),
                roles: roles.iter().map(|role| role.name.as_str().to_owned()).collect(),
                attributes,
                pepper,
                mode: match self.dry_run {
                    true => ImportMode::Try,
                    false => ImportMode::Apply,
                },
                imports: admin.store.imports(),
                rules: self.rules(admin.now())?,
            };
            if let Some(known) = self.known()? {
                move_in.check(&mut source, &known, admin).await?;
            }
            let unchecked = match (self.check_login.is_some(), self.pepper_file.is_some()) {
                (false, true) => {
                    Some("nothing has shown that the pepper is the right one: give --check-login and --check-file")
                }
                (false, false) if self.system == System::Rails => Some(
                    "nothing has shown that passwords have no pepper (config.pepper of Devise): give --check-login and --check-file",
                ),
                _ => None,
            };
            let outcome = move_in.run(&mut source, self.refused.as_deref()).await?;
            let report = outcome.report(self.system.word(), self.dry_run);
            Ok(match unchecked {
                Some(warning) => report.with_warning(warning),
                None => report,
            })
        })
    }

    fn rules(&self, now: Timestamp) -> anyhow::Result<Rules> {
        let system = self.system.word();
        if self.unlock_in.is_some() && self.system != System::Rails {
            bail!("--unlock-in is for rails: {system} has no locks");
        }
        let usual = self.system.people().unconfirmed;
        if self.unconfirmed.is_some() && usual.is_none() {
            bail!("--unconfirmed: {system} does not say who has confirmed an address");
        }
        Ok(Rules {
            now,
            unlock_in: self.unlock_in.map(|span| span.0),
            token_life: self.token_life.map(|span| span.0),
            unconfirmed: self.unconfirmed.or(usual).unwrap_or(Unconfirmed::Enable),
        })
    }

    /// The pepper of this import, and what opens it.
    async fn pepper(&self, admin: &Admin) -> anyhow::Result<Option<Pepper>> {
        let Some(path) = &self.pepper_file else {
            return Ok(None);
        };
        let text = secret_of("--pepper-file", path)?;
        let master = master::load(&master_key(&admin.config))?;
        let (clock, entropy) = (admin.clock(), admin.entropy());
        let root = keys::root_for_command(&admin.stores(), &master, &*clock, &*entropy).await?;
        let opener = Peppers::new(&root);
        let sealed = opener.seal(text.expose_secret().as_bytes(), &*entropy)?;
        Ok(Some(Pepper {
            sealed,
            opener: Arc::new(opener),
        }))
    }

    fn known(&self) -> anyhow::Result<Option<Known>> {
        match (&self.check_login, &self.check_file) {
            (Some(login), Some(path)) => Ok(Some(Known {
                login: login.clone(),
                password: secret_of("--check-file", path)?,
            })),
            _ => Ok(None),
        }
    }
}

/// The one line of a file.
fn secret_of(option: &str, path: &std::path::Path) -> anyhow::Result<SecretString> {
    let text = zeroize::Zeroizing::new(
        std::fs::read_to_string(path).with_context(|| format!("{option} {}: it cannot be read", path.display()))?,
    );
    let line = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.trim_end_matches('\r'));
    match line.is_empty() || line.contains('\n') || line.len() > 512 {
        true => bail!("{option} {}: one line of at most 512 bytes is expected", path.display()),
        false => Ok(SecretString::from(line)),
    }
}
