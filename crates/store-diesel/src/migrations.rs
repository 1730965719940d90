//! The migrations, compiled in from the folder `migrations`: in the repository that is a link to the workspace's,
//! in a package a copy of it.

use std::fmt;

use async_trait::async_trait;
use auth_core::StoreError;

use crate::options::ConnectError;

pub(crate) use schema::__diesel_schema_migrations as history;

/// Applies them, and takes them back.
#[async_trait]
pub(crate) trait Migrate: fmt::Debug + Send + Sync + 'static {
    async fn applied(&self) -> Result<Vec<String>, StoreError>;
    async fn apply(&self) -> Result<Vec<&'static str>, StoreError>;
    async fn revert(&self) -> Result<Option<&'static str>, StoreError>;
    /// Gives the data a name where they have none, by which a migration is distinguished from a restored copy.
    async fn name_data(&self) -> Result<(), StoreError>;
    /// The newest migration that a program must know to work on these tables; `None`: that is not written down.
    async fn needed(&self) -> Result<Option<String>, StoreError>;
}

/// Refuses tables that a later version made and that this one may not work on, having written nothing; then applies what
/// is missing, or refuses to if it must not.
pub(crate) async fn prepare(database: &dyn Migrate, may_apply: bool) -> Result<(), ConnectError> {
    let applied = database.applied().await?;
    if let Some(newer) = newer(&applied).last() {
        if missing(&applied) > 0 || !is_known(database.needed().await?) {
            return Err(ConnectError::Newer(newer.clone()));
        }
        log_newer(newer);
    }
    apply_missing(database, &applied, may_apply).await?;
    match may_apply {
        true => Ok(database.name_data().await?),
        false => Ok(()),
    }
}

/// The same, and refuses all tables that a later version made: for a program that must know every column.
pub(crate) async fn prepare_exactly(database: &dyn Migrate) -> Result<(), ConnectError> {
    let applied = database.applied().await?;
    match newer(&applied).last() {
        Some(newer) => Err(ConnectError::Newer(newer.clone())),
        None => apply_missing(database, &applied, false).await,
    }
}

async fn apply_missing(database: &dyn Migrate, applied: &[String], may_apply: bool) -> Result<(), ConnectError> {
    match missing(applied) {
        0 => Ok(()),
        _ if may_apply => Ok(database.apply().await.map(drop)?),
        count => Err(ConnectError::Pending(count)),
    }
}

/// How many migrations this version has: as many are missing where there is no table yet.
pub fn migration_count() -> usize {
    MIGRATIONS.len()
}

/// Those that this program does not know, oldest first.
pub(crate) fn newer(applied: &[String]) -> impl Iterator<Item = &String> {
    applied.iter().filter(|version| Migration::of(version).is_none())
}

fn missing(applied: &[String]) -> usize {
    pending(applied).count()
}

/// Those that are to be applied, oldest first.
pub(crate) fn pending(applied: &[String]) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version()))
}

fn is_known(needed: Option<String>) -> bool {
    needed.is_some_and(|version| Migration::of(&version).is_some())
}

fn log_newer(newer: &str) {
    tracing::warn!(
        event = "schema_newer",
        migration = newer,
        "a later version has changed the tables, and lets this one go on"
    );
}

mod schema {
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
}

/// One change of the schema, for both databases.
pub(crate) struct Migration {
    /// The name of its folder.
    pub(crate) name: &'static str,
    pub(crate) older: Older,
    pub(crate) sqlite: Sql,
    pub(crate) postgres: Sql,
}

/// What becomes of programs that do not know a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Older {
    /// They go on, and may start: it has only added what they do not use.
    MayStay,
    /// They must be stopped before it is applied, and do not start afterwards.
    MustStop,
}

/// The way there and back.
pub(crate) struct Sql {
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

impl Migration {
    /// What the history calls it: the digits before the first underscore, as the `diesel` command has it.
    pub(crate) fn version(&self) -> String {
        let date = self.name.split('_').next().unwrap_or_default();
        date.replace('-', "")
    }

    /// The newest one that a program must know to work on the tables that this one leaves.
    pub(crate) fn needed(&self) -> &'static Self {
        let until = MIGRATIONS
            .iter()
            .position(|one| one.name == self.name)
            .unwrap_or_default();
        let stopping = |one: &&Self| one.older == Older::MustStop;
        MIGRATIONS[..=until]
            .iter()
            .rev()
            .find(stopping)
            .unwrap_or(&MIGRATIONS[0])
    }

    /// The migration of this version, if this program knows it.
    pub(crate) fn of(version: &str) -> Option<&'static Self> {
        MIGRATIONS.iter().find(|migration| migration.version() == version)
    }
}

/// The version that made the table `meta`.
pub(crate) const HAS_META: &str = "20261121000005";

macro_rules! sql {
    ($database:literal, $name:literal) => {
        Sql {
            up: sql!($database, $name, "up"),
            down: sql!($database, $name, "down"),
        }
    };
    ($database:literal, $name:literal, $way:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/migrations/",
            $database,
            "/",
            $name,
            "/",
            $way,
            ".sql"
        ))
    };
}

macro_rules! migrations {
    ($($name:literal $older:ident,)+) => {
        /// All of them, oldest first.
        pub(crate) const MIGRATIONS: &[Migration] = &[$(Migration {
            name: $name,
            older: Older::$older,
            sqlite: sql!("sqlite", $name),
            postgres: sql!("postgres", $name),
        }),+];
    };
}

migrations! {
    "2026-11-21-000001_create_accounts" MustStop,
    "2026-11-21-000002_create_consumers" MustStop,
    "2026-11-21-000003_create_roles" MustStop,
    "2026-11-21-000004_create_tokens" MustStop,
    "2026-11-21-000005_create_vault" MustStop,
    "2026-11-26-000007_digest_refresh_selectors" MustStop,
    "2026-11-26-000008_record_who_vouched" MustStop,
    "2026-11-26-000009_create_resource_servers" MayStay,
    "2026-11-26-000010_keep_an_audit_log" MustStop,
    "2026-11-26-000011_list_accounts_of_a_realm" MayStay,
    "2026-11-27-000012_keep_what_was_imported" MayStay,
    "2026-11-27-000013_expire_unused_tokens" MayStay,
    "2026-11-27-000014_link_tokens_made_from_others" MayStay,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_compiled_in_and_they_are_in_order() {
        for database in ["sqlite", "postgres"] {
            let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
            let entries = std::fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            let ours: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name.to_owned()).collect();
            assert_eq!(names, ours, "{database}");
        }
    }

    /// What is written down there is what an operator reads before an upgrade.
    #[test]
    fn the_page_says_of_each_migration_what_the_code_says() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/README.md"));
        for migration in MIGRATIONS {
            let line = page
                .lines()
                .find(|line| line.starts_with(&format!("| `{}`", migration.name)));
            let line = line.unwrap_or_else(|| panic!("{} is not there", migration.name));
            let expected = match migration.older {
                Older::MayStay => "| may stay |",
                Older::MustStop => "| must stop |",
            };
            assert!(line.ends_with(expected), "{line}");
        }
    }

    #[test]
    fn a_program_must_know_the_last_migration_that_stopped_older_ones() {
        let needed = |number: &str| {
            let migration = MIGRATIONS.iter().find(|one| one.name.contains(number)).unwrap();
            migration.needed().name
        };
        assert_eq!(needed("000001"), MIGRATIONS[0].name);
        assert!(needed("000009").contains("000008"));
        assert!(needed("000011").contains("000010"));
    }
}
