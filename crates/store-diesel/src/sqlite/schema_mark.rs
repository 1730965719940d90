//! How nodes tell a migration from a restored copy: both change the tables under them.
//!
//! `.restore` writes a copy over the tables and makes the number of their schema one higher. So does every change of a table,
//! those of a migration included. A migration therefore draws the number anew and writes it into `meta`, beside a
//! random name of the data: while the two numbers are the same, the tables are as a migration left them, and the data those
//! of that name. In a restored copy they differ.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::backend::Connection;
use crate::error::Outcome;
use crate::transfer::table::MARK;

/// The name of the data, where the tables are as a migration left them.
pub(super) async fn data_name(conn: &mut Connection) -> Outcome<Option<String>> {
    if !has_meta(conn).await? {
        return Ok(None);
    }
    let (schema, mark): (i64, String) = diesel::select(sql::<(BigInt, Text)>(SCHEMA_AND_MARK))
        .get_result(conn)
        .await?;
    Ok(named_by(&mark, schema).map(str::to_owned))
}

/// Writes down that the tables are as they should be. `name`: of the data before the migration; `None` draws a new one, and nodes
/// that run take them for other data.
pub(super) async fn put(conn: &mut Connection, name: Option<&str>) -> Outcome<()> {
    let row = format!(
        "INSERT INTO meta (name, value)
         SELECT '{MARK}', CAST(schema_version || '/' || COALESCE(?, lower(hex(randomblob(16)))) AS BLOB)
         FROM pragma_schema_version WHERE TRUE
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    );
    diesel::sql_query(row)
        .bind::<Nullable<Text>, _>(name)
        .execute(conn)
        .await?;
    Ok(())
}

/// The same after a migration, whose number no other state of the tables has had: a copy of a later state that is restored over an
/// earlier one would otherwise have the number that it would have after a migration.
pub(super) async fn put_anew(conn: &mut Connection, name: Option<&str>) -> Outcome<()> {
    if !has_meta(conn).await? {
        return Ok(());
    }
    let number: i64 = diesel::select(sql::<BigInt>("abs(random() % 1073741824)"))
        .get_result(conn)
        .await?;
    conn.batch_execute(&format!("PRAGMA schema_version = {number}")).await?;
    put(conn, name).await
}

/// The number of the schema, and the mark; empty where there is none.
const SCHEMA_AND_MARK: &str = "(SELECT schema_version FROM pragma_schema_version),
    COALESCE((SELECT CAST(value AS TEXT) FROM meta WHERE name = 'schema_mark'), '')";

/// The name of the data in a mark, if that has this number of the schema.
pub(super) fn named_by(mark: &str, schema: i64) -> Option<&str> {
    let (number, name) = mark.split_once('/')?;
    (number == schema.to_string()).then_some(name)
}

async fn has_meta(conn: &mut Connection) -> Outcome<bool> {
    let found = sql::<Bool>("EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta')");
    Ok(diesel::select(found).get_result(conn).await?)
}
