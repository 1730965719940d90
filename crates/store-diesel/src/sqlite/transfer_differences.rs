//! Moving rows: where SQLite differs from PostgreSQL.

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::connection::SimpleConnection;
use diesel::deserialize::{FromSql, QueryableByName, Result as Deserialized};
use diesel::dsl::sql;
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use diesel_async::RunQueryDsl;

use super::backend::{Connection, Db};
use super::bridge::Bridge;
use super::open::{FileIdentity, Location};
use crate::error::{DbError, Outcome};
use crate::options::ConnectError;
use crate::transfer::error::HoldError;
use crate::transfer::port::Held;
use crate::transfer::table::Table;
use crate::transfer::value::{RawRow, Row, Value};

pub(super) const KEEPS_NUL: bool = true;

/// The column by which audit entries become final.
pub(super) const POSITION: &str = "sequence";

/// How many values one statement may bind; SQLite takes 32,766.
const BOUND_AT_ONCE: usize = 4000;

/// Texts are compared as bytes.
pub(super) fn bytewise(column: &str) -> String {
    column.to_owned()
}

pub(super) fn placeholder(number: usize) -> String {
    format!("?{number}")
}

/// The file, with a transaction that writes nothing and keeps all others from writing.
struct HeldFile {
    conn: Bridge,
    location: Location,
    file: Option<FileIdentity>,
}

impl HeldFile {
    fn refuse_another_file(&self) -> Result<(), StoreError> {
        match self.location.file() == self.file {
            true => Ok(()),
            false => Err(StoreError::Unavailable("the database file was replaced".to_owned())),
        }
    }
}

pub(super) async fn hold(db: &Db) -> Result<Box<dyn Held>, HoldError> {
    let location = db.location().clone();
    let held = tokio::task::spawn_blocking(move || {
        let mut conn = location.open().map_err(of_opening)?;
        let begun = conn.blocking().batch_execute("BEGIN IMMEDIATE");
        begun.map_err(|error| of_opening(ConnectError::of_database(error)))?;
        let file = location.file();
        Ok::<_, HoldError>(HeldFile { conn, location, file })
    });
    let held = held.await.map_err(|_| panicked())??;
    Ok(Box::new(held))
}

/// A connection with a transaction that reads one state of the file. Its calls take the thread that they are made on.
pub(super) struct Reading(Bridge);

impl Reading {
    pub(super) fn conn(&mut self) -> &mut Connection {
        &mut self.0
    }
}

pub(super) async fn begin_reading(db: &Db) -> Result<Reading, StoreError> {
    let location = db.location().clone();
    let begun = tokio::task::spawn_blocking(move || {
        let mut conn = location.open().map_err(of_opening)?;
        // The state is that of the first look.
        let begun = conn.blocking().batch_execute("BEGIN; SELECT count(*) FROM meta");
        begun.map_err(|error| HoldError::Store(DbError::from(error).into()))?;
        Ok(Reading(conn))
    });
    match begun.await {
        Ok(Ok(reading)) => Ok(reading),
        Ok(Err(HoldError::Store(error))) => Err(error),
        Ok(Err(HoldError::InUse(why))) => Err(StoreError::Busy(why)),
        Err(_) => Err(panicked()),
    }
}

#[async_trait]
impl Held for HeldFile {
    async fn check(&mut self) -> Result<(), StoreError> {
        self.refuse_another_file()
    }

    async fn release(mut self: Box<Self>) -> Result<(), StoreError> {
        let released = tokio::task::spawn_blocking(move || {
            let committed = self.conn.blocking().batch_execute("COMMIT");
            committed.map_err(|error| StoreError::from(DbError::from(error)))?;
            self.refuse_another_file()
        });
        released.await.unwrap_or_else(|_| Err(panicked()))
    }
}

fn of_opening(error: ConnectError) -> HoldError {
    match error {
        ConnectError::Store(StoreError::Busy(_)) => HoldError::InUse("another process is writing to it".to_owned()),
        ConnectError::Store(error) => HoldError::Store(error),
        other => HoldError::Store(StoreError::Unavailable(other.to_string())),
    }
}

fn panicked() -> StoreError {
    StoreError::Unavailable("the operation panicked".to_owned())
}

/// A write transaction is alone.
pub(super) async fn hold_all(_: &mut Connection) -> Outcome<()> {
    Ok(())
}

pub(super) async fn last_number(conn: &mut Connection, table: &Table) -> Outcome<i64> {
    let last = format!(
        "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{}'), 0)",
        table.name
    );
    Ok(diesel::select(sql::<BigInt>(&last)).get_result(conn).await?)
}

pub(super) async fn go_on_after(conn: &mut Connection, table: &Table, number: i64) -> Outcome<()> {
    let name = table.name;
    diesel::sql_query(format!("DELETE FROM sqlite_sequence WHERE name = '{name}'"))
        .execute(conn)
        .await?;
    diesel::sql_query(format!(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', {number})"
    ))
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert(conn: &mut Connection, table: &Table, rows: &[Row]) -> Outcome<()> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let values = format!("({})", vec!["?"; names.len()].join(", "));
    for rows in rows.chunks((BOUND_AT_ONCE / names.len()).max(1)) {
        let all = vec![values.as_str(); rows.len()].join(", ");
        let insert = format!("INSERT INTO {} ({}) VALUES {all}", table.name, names.join(", "));
        let mut insert = diesel::sql_query(insert).into_boxed();
        for value in rows.iter().flatten() {
            insert = match value {
                Value::Null => insert.bind::<Nullable<BigInt>, _>(None::<i64>),
                Value::Bool(value) => insert.bind::<Bool, _>(*value),
                Value::Number(number) => insert.bind::<BigInt, _>(*number),
                Value::Text(text) => insert.bind::<Text, _>(text.as_str()),
                Value::Bytes(bytes) => insert.bind::<Binary, _>(bytes.as_slice()),
            };
        }
        insert.execute(conn).await?;
    }
    Ok(())
}

impl QueryableByName<Sqlite> for RawRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> Deserialized<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for place in 0..row.field_count() {
            let field = diesel::row::Row::get(row, place).ok_or("a column is missing")?;
            let Some(value) = field.value() else {
                values.push(Value::Null);
                continue;
            };
            values.push(match value.value_type() {
                None => Value::Null,
                Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
                    Value::Number(FromSql::<BigInt, Sqlite>::from_sql(value)?)
                }
                Some(SqliteType::Text) => Value::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
                Some(SqliteType::Binary) => Value::Bytes(FromSql::<Binary, Sqlite>::from_sql(value)?),
                Some(_) => return Err("a number with a fraction".into()),
            });
        }
        Ok(Self(values))
    }
}
