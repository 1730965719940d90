//! Bringing the tables up to date, and back.

use auth_core::StoreError;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::differences;
use crate::connect::ConnectError;
use crate::error::Outcome;
use crate::migrations::{MIGRATIONS, Migration, history};

/// Refuses tables that a later version made, having written nothing; then applies what is missing, or refuses to if it
/// must not.
pub(crate) async fn prepare(db: &Db, may_apply: bool) -> Result<(), ConnectError> {
    let applied = applied(db).await?;
    if let Some(newer) = applied.iter().find(|version| Migration::of(version).is_none()) {
        return Err(ConnectError::Newer(newer.clone()));
    }
    let pending = MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version()));
    match pending.count() {
        0 => Ok(()),
        _ if may_apply => Ok(apply(db).await.map(drop)?),
        count => Err(ConnectError::Pending(count)),
    }
}

/// The versions that were applied, oldest first.
pub(crate) async fn applied(db: &Db) -> Result<Vec<String>, StoreError> {
    db.read((), |conn, ()| read_history(conn).boxed()).await
}

/// Applies what is missing, each migration in a transaction of its own, and names it.
pub(crate) async fn apply(db: &Db) -> Result<Vec<&'static str>, StoreError> {
    let mut done = Vec::new();
    while let Some(migration) = db.write_patiently((), |conn, ()| apply_next(conn).boxed()).await? {
        tracing::info!(event = "migration_applied", migration = migration.name);
        done.push(migration.name);
    }
    Ok(done)
}

/// Takes the newest migration back, and names it.
pub(crate) async fn revert(db: &Db) -> Result<Option<&'static str>, StoreError> {
    let migration = db.write_patiently((), |conn, ()| revert_last(conn).boxed()).await?;
    Ok(migration.map(|migration| migration.name))
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
    conn.batch_execute(MAKE_HISTORY).await?;
    conn.batch_execute(differences::up(next)).await?;
    let row = history::version.eq(next.version());
    diesel::insert_into(history::table).values(row).execute(conn).await?;
    Ok(Some(next))
}

async fn revert_last(conn: &mut Connection) -> Outcome<Option<&'static Migration>> {
    differences::hold_schema(conn).await?;
    let applied = read_history(conn).await?;
    let Some(last) = applied.last().and_then(|version| Migration::of(version)) else {
        return Ok(None);
    };
    conn.batch_execute(differences::down(last)).await?;
    let row = history::table.filter(history::version.eq(last.version()));
    diesel::delete(row).execute(conn).await?;
    Ok(Some(last))
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
