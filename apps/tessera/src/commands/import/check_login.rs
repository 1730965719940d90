//! Whether a known password is right for its hash in the other system, before anything changes.

use std::num::NonZeroUsize;

use anyhow::{Context, bail};
use auth_core::{FoldedLogin, HashCost, HashingOptions, PasswordHasher};
use secrecy::SecretString;

use super::hashes;
use super::move_in::MoveIn;
use super::row::Row;
use super::source::Source;
use crate::commands::account::SOURCE;
use crate::commands::admin::Admin;

/// Somebody whose password is known.
#[derive(Debug)]
pub struct Known {
    pub login: String,
    pub password: SecretString,
}

impl MoveIn {
    /// Refuses to go on unless this password is right for its hash.
    pub async fn check(&self, source: &mut Source, known: &Known, admin: &Admin) -> anyhow::Result<()> {
        let people = self.system.people();
        let hashes = self.hashes(source, people).await?;
        let wanted = FoldedLogin::parse(&known.login).context("--check-login")?;
        let mut found = None;
        let each = async |_: String, row: anyhow::Result<Row>| {
            let Ok(mut person) = row.and_then(|row| (people.read)(&row)) else {
                return Ok(());
            };
            if FoldedLogin::parse(&person.login).is_ok_and(|login| login == wanted) {
                person.hash = person.hash.or_else(|| hashes.get(&person.source_id).cloned());
                found = Some(person);
            }
            Ok(())
        };
        source.rows(people.columns, each).await?;
        let login = &known.login;
        let hash = found
            .with_context(|| format!("--check-login {login}: nobody has this login there"))?
            .hash;
        let stored = hash
            .map(|hash| hashes::stored(&hash, self.pepper.as_ref()))
            .transpose()?
            .flatten();
        let stored = stored.with_context(|| format!("--check-login {login}: there is no password"))?;
        let options = HashingOptions {
            cost: HashCost::new(HashCost::LEAST)?,
            threads: Some(NonZeroUsize::MIN),
            ..HashingOptions::default()
        };
        let hasher = PasswordHasher::start(options, admin.clock(), admin.entropy())?;
        let parsed = hashes::parse(&stored, self.pepper.as_ref())?;
        match hasher.verify(Some(parsed), &known.password, SOURCE).await?.matched {
            true => Ok(()),
            false => bail!(
                "--check-login {login}: the password is not the one that was hashed{}; nothing was changed",
                match self.pepper {
                    Some(_) => ", or --pepper-file has another pepper",
                    None => ", or it was hashed with a pepper: give --pepper-file",
                }
            ),
        }
    }
}
