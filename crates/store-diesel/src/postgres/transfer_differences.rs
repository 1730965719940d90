//! Moving rows: where PostgreSQL differs from SQLite.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::deserialize::{FromSql, QueryableByName, Result as Deserialized};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::backend::{Connection, Db, Taken};
use crate::error::{DbError, Outcome};
use crate::transfer::error::HoldError;
use crate::transfer::port::Held;
use crate::transfer::table::{TABLES, Table};
use crate::transfer::value::{Kind, RawRow, Row, Value};

pub(super) const KEEPS_NUL: bool = false;

/// The column by which audit entries become final.
pub(super) const POSITION: &str = "written_by";

/// The types of `pg_type`, by the numbers that they have in every database.
const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INT8: u32 = 20;
const TEXT: u32 = 25;

/// Texts compared as bytes.
pub(super) fn bytewise(column: &str) -> String {
    format!("{column} COLLATE \"C\"")
}

pub(super) fn placeholder(number: usize) -> String {
    format!("${number}")
}

/// A transaction that has locked every table against writers.
struct HeldTables(Taken);

pub(super) async fn hold(db: &Db) -> Result<Box<dyn Held>, HoldError> {
    let mut taken = db.take().await?;
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ;
         SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0;
         SET LOCAL lock_timeout = '10s';
         LOCK TABLE {} IN SHARE MODE",
        names()
    );
    let begun = taken.conn().batch_execute(&begin).await;
    begun.map_err(|error| match StoreError::from(DbError::from(error)) {
        StoreError::Busy(_) => HoldError::InUse("a transaction is writing to it".to_owned()),
        error => HoldError::Store(error),
    })?;
    for _ in 0..LOOKS {
        if servers(taken.conn()).await.map_err(StoreError::from)? == 0 {
            return Ok(Box::new(HeldTables(taken)));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(HoldError::InUse("connections of servers are open".to_owned()))
}

/// A connection with a transaction that reads one state of the database.
pub(super) struct Reading(Taken);

impl Reading {
    pub(super) fn conn(&mut self) -> &mut Connection {
        self.0.conn()
    }
}

pub(super) async fn begin_reading(db: &Db) -> Result<Reading, StoreError> {
    let mut taken = db.take().await?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0";
    taken.conn().batch_execute(begin).await.map_err(DbError::from)?;
    Ok(Reading(taken))
}

/// How often is looked whether servers are gone, and the pause in between: a connection of one that has just stopped is there
/// for a moment.
const LOOKS: usize = 30;
const PAUSE: Duration = Duration::from_millis(100);

fn names() -> String {
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    names.join(", ")
}

/// How many connections of servers there are. Those of a transfer have another name, and some poolers keep one open.
async fn servers(conn: &mut Connection) -> Outcome<i64> {
    let servers = sql::<BigInt>(
        "(SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'tessera')",
    );
    Ok(diesel::select(servers).get_result(conn).await?)
}

#[async_trait]
impl Held for HeldTables {
    async fn check(&mut self) -> Result<(), StoreError> {
        let answered = self.0.conn().batch_execute("SELECT 1").await;
        answered.map_err(|error| DbError::from(error).into())
    }

    async fn release(mut self: Box<Self>) -> Result<(), StoreError> {
        // A connection that was lost meanwhile has lost its locks, and cannot commit.
        let committed = self.0.conn().batch_execute("COMMIT").await;
        committed.map_err(|error| DbError::from(error).into())
    }
}

/// No other transaction writes before this one ends.
pub(super) async fn hold_all(conn: &mut Connection) -> Outcome<()> {
    let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names());
    Ok(conn.batch_execute(&lock).await?)
}

fn sequence_of(table: &Table) -> String {
    let (table, column) = (table.name, table.key[0]);
    format!("CAST(pg_get_serial_sequence('{table}', '{column}') AS regclass)")
}

pub(super) async fn last_number(conn: &mut Connection, table: &Table) -> Outcome<i64> {
    let last = format!("COALESCE(pg_sequence_last_value({}), 0)", sequence_of(table));
    Ok(diesel::select(sql::<BigInt>(&last)).get_result(conn).await?)
}

pub(super) async fn go_on_after(conn: &mut Connection, table: &Table, number: i64) -> Outcome<()> {
    let set = format!("SELECT setval({}, $1)", sequence_of(table));
    diesel::sql_query(set).bind::<BigInt, _>(number).execute(conn).await?;
    Ok(())
}

/// One array for each column: the statement's text is the same for every number of rows.
pub(super) async fn insert(conn: &mut Connection, table: &Table, rows: &[Row]) -> Outcome<()> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let arrays = (1..).zip(table.columns).map(|(number, column)| {
        let name = match column.kind {
            Kind::Bool => "bool",
            Kind::Number => "bigint",
            Kind::Text => "text",
            Kind::Bytes => "bytea",
        };
        format!("${number}::{name}[]")
    });
    let arrays: Vec<String> = arrays.collect();
    let insert = format!(
        "INSERT INTO {} ({}) SELECT * FROM unnest({})",
        table.name,
        names.join(", "),
        arrays.join(", ")
    );
    let mut insert = diesel::sql_query(insert).into_boxed();
    for (place, column) in table.columns.iter().enumerate() {
        let values = rows.iter().map(|row| &row[place]);
        insert = match column.kind {
            Kind::Bool => insert.bind::<Array<Nullable<Bool>>, _>(values.map(as_bool).collect::<Vec<_>>()),
            Kind::Number => insert.bind::<Array<Nullable<BigInt>>, _>(values.map(as_number).collect::<Vec<_>>()),
            Kind::Text => insert.bind::<Array<Nullable<Text>>, _>(values.map(as_text).collect::<Vec<_>>()),
            Kind::Bytes => insert.bind::<Array<Nullable<Binary>>, _>(values.map(as_bytes).collect::<Vec<_>>()),
        };
    }
    insert.execute(conn).await?;
    Ok(())
}

fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    }
}

fn as_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn as_bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

impl QueryableByName<Pg> for RawRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> Deserialized<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for place in 0..row.field_count() {
            let field = diesel::row::Row::get(row, place).ok_or("a column is missing")?;
            values.push(match field.value() {
                None => Value::Null,
                Some(value) => read(value)?,
            });
        }
        Ok(Self(values))
    }
}

fn read(value: PgValue<'_>) -> Deserialized<Value> {
    Ok(match value.get_oid().get() {
        BOOL => Value::Bool(FromSql::<Bool, Pg>::from_sql(value)?),
        INT8 => Value::Number(FromSql::<BigInt, Pg>::from_sql(value)?),
        TEXT => Value::Text(FromSql::<Text, Pg>::from_sql(value)?),
        BYTEA => Value::Bytes(FromSql::<Binary, Pg>::from_sql(value)?),
        _ => return Err("a column of another type".into()),
    })
}
