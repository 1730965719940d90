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
}

/// Refuses tables that a later version made, having written nothing; then applies what is missing, or refuses to if it
/// must not.
pub(crate) async fn prepare(database: &dyn Migrate, may_apply: bool) -> Result<(), ConnectError> {
    let applied = database.applied().await?;
    if let Some(newer) = applied.iter().find(|version| Migration::of(version).is_none()) {
        return Err(ConnectError::Newer(newer.clone()));
    }
    let pending = MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version()));
    match pending.count() {
        0 => Ok(()),
        _ if may_apply => Ok(database.apply().await.map(drop)?),
        count => Err(ConnectError::Pending(count)),
    }
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
    pub(crate) sqlite: Sql,
    pub(crate) postgres: Sql,
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

    /// The migration of this version, if this program knows it.
    pub(crate) fn of(version: &str) -> Option<&'static Self> {
        MIGRATIONS.iter().find(|migration| migration.version() == version)
    }
}

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
    ($($name:literal,)+) => {
        /// All of them, oldest first.
        pub(crate) const MIGRATIONS: &[Migration] = &[$(Migration {
            name: $name,
            sqlite: sql!("sqlite", $name),
            postgres: sql!("postgres", $name),
        }),+];
    };
}

migrations! {
    "2026-11-21-000001_create_accounts",
    "2026-11-21-000002_create_consumers",
    "2026-11-21-000003_create_roles",
    "2026-11-21-000004_create_tokens",
    "2026-11-21-000005_create_vault",
    "2026-11-26-000007_digest_refresh_selectors",
    "2026-11-26-000008_record_who_vouched",
    "2026-11-26-000009_create_resource_servers",
    "2026-11-26-000010_keep_an_audit_log",
    "2026-11-26-000011_list_accounts_of_a_realm",
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
}
