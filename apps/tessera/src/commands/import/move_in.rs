//! From the tables of another system to accounts and tokens here, in batches. Each batch is one transaction.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use auth_core::{
    AccountImport, Attributes, FlavourName, FoldedLogin, ImportMode, ImportOutcome, ImportStore, PepperOpener, Realm,
    TokenImport,
};

use super::came::{NO_OWNER, count, count_account, refuse};
use super::disabled::Disabled;
use super::hashes::{self, Pepper};
use super::outcome::Outcome;
use super::row::{Row, shown};
use super::rules::Rules;
use super::source::Source;
use super::systems::{People, Person, System, Tokens};
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;
use crate::source_key::source_key;

/// How many rows are taken over in one transaction.
const BATCH: usize = 500;

/// One import.
#[derive(Debug)]
pub struct MoveIn {
    pub system: System,
    pub realm: Realm,
    pub flavour: FlavourName,
    pub role: Option<String>,
    /// Those of the realm.
    pub roles: BTreeSet<String>,
    pub attributes: Attributes,
    pub pepper: Option<Pepper>,
    pub rules: Rules,
    pub mode: ImportMode,
    pub imports: Arc<dyn ImportStore>,
}

/// The keys of people, and whether each is disabled.
type Here = HashMap<String, bool>;

/// Hashes that the other system has in a table of their own, by person.
pub(super) type Hashes = HashMap<String, String>;

impl MoveIn {
    /// Takes over everything. A row that cannot be is refused, and the others go on.
    pub async fn run(&self, source: &mut Source, refused: Option<&Path>) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::new(refused)?;
        let people = self.people(source, &mut outcome).await?;
        let mut tables = 0;
        for tokens in self.system.tokens() {
            let there = self.tokens(source, *tokens, &people, &mut outcome).await?;
            tables += u32::from(there.is_some());
        }
        if people.is_none() && tables == 0 {
            let needed = self.system.people().columns.table;
            bail!(
                "--from: there is no table {needed}, and none of tokens: {}",
                match self.system {
                    System::Plain => "docs/moving-in.md has the columns of both".to_owned(),
                    system => format!("is it of {}?", system.word()),
                }
            );
        }
        outcome.finish()
    }

    /// The hashes that are in a table of their own.
    pub(super) async fn hashes(&self, source: &mut Source, people: People) -> anyhow::Result<Hashes> {
        let mut hashes = Hashes::new();
        let Some(table) = people.hashes else {
            return Ok(hashes);
        };
        // A row that cannot be read leaves its owner without a password.
        let each = async |_: String, row: anyhow::Result<Row>| {
            hashes.extend(row.ok().and_then(|row| (table.read)(&row)));
            Ok(())
        };
        source.rows(table.columns, each).await?;
        Ok(hashes)
    }

    /// The keys of the people who are here afterwards, or would be; `None`: there is no table of them.
    async fn people(&self, source: &mut Source, outcome: &mut Outcome) -> anyhow::Result<Option<Here>> {
        let table = self.system.people();
        let progress = Progress::of_table(table.columns.table);
        let hashes = self.hashes(source, table).await?;
        let (mut here, mut batch, mut read) = (Here::new(), Vec::new(), 0);
        let each = async |name: String, row: anyhow::Result<Row>| {
            read += 1;
            progress.at(read);
            let row = match row {
                Ok(row) => row,
                Err(reason) => return refuse(outcome, |o| &mut o.accounts, &name, &format!("{reason:#}")),
            };
            let person = table.person(&row, &self.rules);
            let account = person.and_then(|person| {
                let disabled = person.disabled;
                let account = self.account(&name, person, &hashes, outcome)?;
                note_odd_time(&name, &row, table.created, outcome)?;
                Ok((disabled, account))
            });
            match account {
                Ok((disabled, account)) => batch.push(((name, disabled), account)),
                Err(reason) => refuse(outcome, |o| &mut o.accounts, &name, &format!("{reason:#}"))?,
            }
            if batch.len() == BATCH {
                self.add_accounts(std::mem::take(&mut batch), &mut here, outcome)
                    .await?;
            }
            Ok(())
        };
        let there = source.rows(table.columns, each).await?;
        self.add_accounts(batch, &mut here, outcome).await?;
        Ok(there.then_some(here))
    }

    fn account(
        &self,
        name: &str,
        person: Person,
        hashes: &Hashes,
        outcome: &mut Outcome,
    ) -> anyhow::Result<AccountImport> {
        FoldedLogin::parse(&person.login).with_context(|| format!("its login {}", shown(&person.login)))?;
        let role = person.role.or_else(|| self.role.clone());
        if let Some(role) = role.as_ref().filter(|role| !self.roles.contains(*role)) {
            bail!("the realm has no role {}: see role put", shown(role));
        }
        let hash = person.hash.as_ref().or_else(|| hashes.get(&person.source_id));
        let hash = hash.map(|hash| hashes::stored(hash, self.pepper.as_ref()));
        // The tokens of this person go on; the password has to be set anew.
        let hash = match hash.transpose() {
            Ok(hash) => hash.flatten(),
            Err(reason) => {
                outcome.without_password += 1;
                outcome.note(name, &format!("comes without its password: {reason:#}"))?;
                None
            }
        };
        Ok(AccountImport {
            source_id: self.key(&person.source_id),
            login: person.login.trim().to_owned(),
            alias: person.alias,
            role,
            hash,
            peppers: self
                .pepper
                .as_ref()
                .map(|pepper| -> Arc<dyn PepperOpener> { pepper.opener.clone() }),
            disabled: person.disabled.is_some(),
            attributes: self.attributes.clone(),
            created_at: person.created_at.unwrap_or(self.rules.now),
        })
    }

    /// The key of a person of this system: one of another system may have the same.
    fn key(&self, source_id: &str) -> String {
        source_key(self.system.word(), source_id)
    }

    async fn add_accounts(
        &self,
        batch: Vec<((String, Option<Disabled>), AccountImport)>,
        here: &mut Here,
        outcome: &mut Outcome,
    ) -> anyhow::Result<()> {
        let (people, rows): (Vec<_>, Vec<AccountImport>) = batch.into_iter().unzip();
        let add = async || {
            self.imports
                .import_accounts(&self.realm, &rows, self.mode, self.rules.now)
                .await
        };
        let came = patiently(add).await?;
        for (((name, disabled), row), came) in people.iter().zip(&rows).zip(came) {
            use ImportOutcome::{Added, NewPepper, OtherState, Present};
            let came = match came {
                Added if self.mode == ImportMode::Try => outcome.tried.account(row, here.get(&row.source_id).copied()),
                came => came,
            };
            if matches!(came, Added | Present | OtherState | NewPepper(_)) {
                here.insert(row.source_id.clone(), row.disabled);
            }
            count_account(outcome, name, *disabled, &came)?;
        }
        Ok(())
    }

    async fn tokens(
        &self,
        source: &mut Source,
        table: Tokens,
        people: &Option<Here>,
        outcome: &mut Outcome,
    ) -> anyhow::Result<Option<()>> {
        let progress = Progress::of_table(table.columns.table);
        let (mut batch, mut read) = (Vec::new(), 0);
        let each = async |name: String, row: anyhow::Result<Row>| {
            read += 1;
            progress.at(read);
            let row = match row {
                Ok(row) => row,
                Err(reason) => return refuse(outcome, |o| &mut o.tokens, &name, &format!("{reason:#}")),
            };
            let token = (table.read)(&row, self.rules.now);
            match token.and_then(|token| self.rules.bounded(token)) {
                Ok(token) => {
                    let owner = self.key(&token.owner);
                    match people {
                        // An earlier import may have added somebody else of this key.
                        Some(people) if !people.contains_key(&owner) => {
                            refuse(outcome, |o| &mut o.tokens, &name, NO_OWNER)?;
                        }
                        _ => {
                            note_odd_time(&name, &row, table.created, outcome)?;
                            batch.push((name, TokenImport { owner, ..token }));
                        }
                    }
                }
                Err(reason) => refuse(outcome, |o| &mut o.tokens, &name, &format!("{reason:#}"))?,
            }
            if batch.len() == BATCH {
                self.add_tokens(std::mem::take(&mut batch), people, outcome).await?;
            }
            Ok(())
        };
        let there = source.rows(table.columns, each).await?;
        self.add_tokens(batch, people, outcome).await?;
        Ok(there.then_some(()))
    }

    async fn add_tokens(
        &self,
        batch: Vec<(String, TokenImport)>,
        people: &Option<Here>,
        outcome: &mut Outcome,
    ) -> anyhow::Result<()> {
        let (names, rows): (Vec<String>, Vec<TokenImport>) = batch.into_iter().unzip();
        let add = async || {
            let imports = &self.imports;
            imports
                .import_tokens(&self.realm, &self.flavour, &rows, self.mode, self.rules.now)
                .await
        };
        for ((name, row), came) in names.iter().zip(rows.iter()).zip(patiently(add).await?) {
            // Of what is only tried, the people are not there any more.
            let would_be = people.as_ref().and_then(|people| people.get(&row.owner));
            let came = match (came, would_be) {
                (ImportOutcome::NoOwner, Some(true)) => ImportOutcome::OwnerDisabled,
                (ImportOutcome::NoOwner, Some(false)) if self.mode == ImportMode::Try => ImportOutcome::Added,
                (came, _) => came,
            };
            let came = match came {
                ImportOutcome::Added if self.mode == ImportMode::Try => outcome.tried.token(row),
                came => came,
            };
            count(outcome, |o| &mut o.tokens, name, &came)?;
        }
        Ok(())
    }
}

/// Says of a row that is taken over that its time was not read.
fn note_odd_time(name: &str, row: &Row, created: &str, outcome: &mut Outcome) -> anyhow::Result<()> {
    match row.time(created) {
        Ok(_) => Ok(()),
        Err(reason) => outcome.note(name, &format!("the time of this import is used: {reason:#}")),
    }
}
