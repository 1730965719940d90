//! Bringing the tables up to date, and back.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::differences;
use crate::error::Outcome;
use crate::meta::MetaStore;
use crate::migrations::{HAS_META, MIGRATIONS, Migrate, Migration, history};
use crate::options::PATIENCE;
use crate::schema::meta;
use crate::transfer::table::NEEDS;

/// Between two tries, where the database does not wait by itself.
const PAUSE: Duration = Duration::from_millis(100);

#[async_trait]
impl Migrate for Db {
    async fn applied(&self) -> Result<Vec<String>, StoreError> {
        self.read((), |conn, ()| read_history(conn).boxed()).await
    }

    async fn apply(&self) -> Result<Vec<&'static str>, StoreError> {
        let mut done = Vec::new();
        while let Some(migration) = apply_next_patiently(self).await? {
            tracing::info!(event = "migration_applied", migration = migration.name);
            done.push(migration.name);
        }
        Ok(done)
    }

    async fn name_data(&self) -> Result<(), StoreError> {
        // Where they have one already, nobody who writes is waited for.
        match self.read((), |conn, ()| differences::is_named(conn).boxed()).await? {
            true => Ok(()),
            false => self.write((), |conn, ()| differences::name_data(conn).boxed()).await,
        }
    }

    async fn needed(&self) -> Result<Option<String>, StoreError> {
        let value = self.value(NEEDS).await?;
        Ok(value.and_then(|version| String::from_utf8(version).ok()))
    }

    async fn revert(&self) -> Result<Option<&'static str>, StoreError> {
        let migration = self.write_patiently((), |conn, ()| revert_last(conn).boxed()).await?;
        Ok(migration.map(|migration| migration.name))
    }
}

/// Waits for another process that writes, such as one that applies the same migration. PostgreSQL waits by itself, SQLite
/// for 5 s only.
async fn apply_next_patiently(db: &Db) -> Result<Option<&'static Migration>, StoreError> {
    let began = tokio::time::Instant::now();
    let mut waits = false;
    loop {
        match db.write_patiently((), |conn, ()| apply_next(conn).boxed()).await {
            Err(StoreError::Busy(error)) if began.elapsed() < PATIENCE => {
                if !waits {
                    tracing::warn!(event = "migration_waits", %error, "another process writes to the database");
                }
                waits = true;
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

async fn apply_next(conn: &mut Connection) -> Outcome<Option<&'static Migration>> {
    // Nodes that start together come here one after the other, and each sees what those before it did.
    differences::hold_schema(conn).await?;
    let applied = read_history(conn).await?;
    let mut missing = MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version()));
    let Some(next) = missing.next() else {
        return Ok(None);
    };
    let name = differences::data_name(conn).await?;
    conn.batch_execute(MAKE_HISTORY).await?;
    conn.batch_execute(differences::up(next)).await?;
    let row = history::version.eq(next.version());
    diesel::insert_into(history::table).values(row).execute(conn).await?;
    write_needs(conn, next).await?;
    differences::keep_data_name(conn, name.as_deref()).await?;
    Ok(Some(next))
}

async fn revert_last(conn: &mut Connection) -> Outcome<Option<&'static Migration>> {
    differences::hold_schema(conn).await?;
    let applied = read_history(conn).await?;
    let Some(last) = applied.last().and_then(|version| Migration::of(version)) else {
        return Ok(None);
    };
    let name = differences::data_name(conn).await?;
    conn.batch_execute(differences::down(last)).await?;
    let row = history::table.filter(history::version.eq(last.version()));
    diesel::delete(row).execute(conn).await?;
    let before = MIGRATIONS.iter().rev().find(|one| one.version() < last.version());
    if let Some(before) = before {
        write_needs(conn, before).await?;
    }
    differences::keep_data_name(conn, name.as_deref()).await?;
    Ok(Some(last))
}

/// Writes down which programs may work on the tables as this migration leaves them, for those that do not know it.
async fn write_needs(conn: &mut Connection, migration: &Migration) -> Outcome<()> {
    if migration.version().as_str() < HAS_META {
        return Ok(());
    }
    let needs = migration.needed().version();
    let row = (meta::name.eq(NEEDS), meta::value.eq(needs.as_bytes()));
    let put = diesel::insert_into(meta::table)
        .values(row)
        .on_conflict(meta::name)
        .do_update()
        .set(meta::value.eq(needs.as_bytes()));
    put.execute(conn).await?;
    Ok(())
}

async fn read_history(conn: &mut Connection) -> Outcome<Vec<String>> {
    if !differences::has_history(conn).await? {
        return Ok(Vec::new());
    }
    let versions = history::table.select(history::version).order(history::version);
    Ok(versions.load(conn).await?)
}

/// As the `diesel` command makes it, so that the command can be used on the same database.
const MAKE_HISTORY: &str = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
)";
