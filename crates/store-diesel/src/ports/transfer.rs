//! Moving all rows out of a database and into another.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditRow, StoreError};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::audit::{self, row_of};
use super::backend::{Connection, Db};
use super::transfer_differences as differences;
use crate::error::Outcome;
use crate::rows::AuditEntryRow;
use crate::schema::{audit_entries, meta};
use crate::transfer::error::HoldError;
use crate::transfer::port::{Held, MarkChange, Snapshot, TransferPort};
use crate::transfer::table::{Column, TABLES, Table, UNFINISHED};
use crate::transfer::value::{Kind, RawRow, Row, Value};

#[async_trait]
impl TransferPort for Db {
    fn keeps_nul(&self) -> bool {
        differences::KEEPS_NUL
    }

    async fn hold(&self) -> Result<Box<dyn Held>, HoldError> {
        differences::hold(self).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(InTransaction(differences::begin_reading(self).await?)))
    }

    async fn count(&self, table: &'static Table) -> Result<u64, StoreError> {
        self.read(table, |conn, table| count(conn, table).boxed()).await
    }

    async fn page(&self, table: &'static Table, after: Option<Row>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read((table, after, limit), |conn, (table, after, limit)| {
            page(conn, table, after.as_ref(), *limit).boxed()
        })
        .await
    }

    async fn last_number(&self, table: &'static Table) -> Result<i64, StoreError> {
        self.read(table, |conn, table| last_number(conn, table).boxed()).await
    }

    async fn fact(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(name, |conn, name| fact(conn, name).boxed()).await
    }

    async fn mark(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.write((), |conn, ()| mark(conn).boxed()).await
    }

    async fn occupied(&self) -> Result<Option<&'static str>, StoreError> {
        self.read((), |conn, ()| occupied(conn).boxed()).await
    }

    async fn begin(&self, mark: &str) -> Result<Option<&'static str>, StoreError> {
        self.write(mark.to_owned(), |conn, mark| begin(conn, mark).boxed())
            .await
    }

    async fn add(&self, table: &'static Table, rows: Arc<Vec<Row>>, change: MarkChange) -> Result<bool, StoreError> {
        self.write((table, rows, change), |conn, (table, rows, change)| {
            add(conn, table, rows, change).boxed()
        })
        .await
    }

    async fn go_on_after(&self, numbers: Vec<(&'static Table, i64)>, change: MarkChange) -> Result<bool, StoreError> {
        self.write((numbers, change), |conn, (numbers, change)| {
            go_on_after(conn, numbers, change).boxed()
        })
        .await
    }

    async fn unsealed(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read((after, limit), |conn, (after, limit)| {
            unsealed(conn, *after, *limit).boxed()
        })
        .await
    }

    async fn complete(&self, mark: &str, entry: AuditEntry) -> Result<bool, StoreError> {
        self.write((mark.to_owned(), entry), |conn, (mark, entry)| {
            complete(conn, mark, entry).boxed()
        })
        .await
    }
}

/// A transaction that reads, on a connection of its own.
struct InTransaction(differences::Reading);

#[async_trait]
impl Snapshot for InTransaction {
    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        Ok(count(self.0.conn(), table).await?)
    }

    async fn page(&mut self, table: &'static Table, after: Option<Row>, limit: usize) -> Result<Vec<Row>, StoreError> {
        Ok(page(self.0.conn(), table, after.as_ref(), limit).await?)
    }

    async fn last_number(&mut self, table: &'static Table) -> Result<i64, StoreError> {
        Ok(last_number(self.0.conn(), table).await?)
    }

    async fn fact(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(fact(self.0.conn(), name).await?)
    }
}

async fn count(conn: &mut Connection, table: &Table) -> Outcome<u64> {
    let condition = table.condition().map(|condition| format!(" WHERE {condition}"));
    let name = table.name;
    let query = format!("(SELECT count(*) FROM {name}{})", condition.unwrap_or_default());
    let rows: i64 = diesel::select(sql::<BigInt>(&query)).get_result(conn).await?;
    Ok(rows.unsigned_abs())
}

async fn page(conn: &mut Connection, table: &Table, after: Option<&Row>, limit: usize) -> Outcome<Vec<Row>> {
    let mut query = format!("SELECT {} FROM {}", selected(table), table.name);
    let mut conditions: Vec<String> = table.condition().map(str::to_owned).into_iter().collect();
    if after.is_some() {
        conditions.extend(after_the_key(table));
    }
    if !conditions.is_empty() {
        // Writing to a String does not fail.
        let _ = write!(query, " WHERE {}", conditions.join(" AND "));
    }
    let _ = write!(query, " ORDER BY {} LIMIT {limit}", ordered_key(table).join(", "));
    let mut query = diesel::sql_query(query).into_boxed();
    for value in after.into_iter().flatten() {
        query = match value {
            Value::Text(text) => query.bind::<diesel::sql_types::Text, _>(text.clone()),
            Value::Number(number) => query.bind::<BigInt, _>(*number),
            other => return Err(crate::error::DbError::Corrupt(other.no_key())),
        };
    }
    let rows: Vec<RawRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The columns, as they are moved.
fn selected(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| match column.local {
        false => column.name.to_owned(),
        true => is_unsealed(),
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// 1 for an audit entry that comes after the last seal, otherwise 0.
fn is_unsealed() -> String {
    let end = |column: &str| format!("COALESCE((SELECT {column} FROM audit_marks WHERE name = 'end'), 0)");
    format!(
        "CAST(CASE WHEN {} >= {} AND sequence > {} THEN 1 ELSE 0 END AS BIGINT)",
        differences::POSITION,
        end("settled"),
        end("floor")
    )
}

/// The columns of the key, in an order that does not depend on the database's locale.
fn ordered_key(table: &Table) -> Vec<String> {
    let ordered = |column: &Column| match column.kind {
        Kind::Text => differences::bytewise(column.name),
        _ => column.name.to_owned(),
    };
    table.key_places().map(|place| ordered(&table.columns[place])).collect()
}

/// What is true of the rows after a key. The first column is compared apart, so that an index on it alone is used.
fn after_the_key(table: &Table) -> Vec<String> {
    let key = ordered_key(table);
    let values: Vec<String> = (1..=key.len()).map(differences::placeholder).collect();
    match (&key[..], &values[..]) {
        ([column], [value]) => vec![format!("{column} > {value}")],
        (columns, values) => vec![
            format!("{} >= {}", columns[0], values[0]),
            format!("({}) > ({})", columns.join(", "), values.join(", ")),
        ],
    }
}

async fn last_number(conn: &mut Connection, table: &Table) -> Outcome<i64> {
    let column = table.key[0];
    let highest = format!("(SELECT COALESCE(max({column}), 0) FROM {})", table.name);
    let highest: i64 = diesel::select(sql::<BigInt>(&highest)).get_result(conn).await?;
    Ok(highest.max(differences::last_number(conn, table).await?))
}

async fn fact(conn: &mut Connection, name: &str) -> Outcome<Option<Vec<u8>>> {
    let value = meta::table.find(name).select(meta::value);
    Ok(value.first(conn).await.optional()?)
}

async fn mark(conn: &mut Connection) -> Outcome<Option<Vec<u8>>> {
    let value = meta::table.find(UNFINISHED).select(meta::value);
    Ok(held!(value).first(conn).await.optional()?)
}

async fn occupied(conn: &mut Connection) -> Outcome<Option<&'static str>> {
    for table in TABLES {
        let any = format!("EXISTS (SELECT 1 FROM {} WHERE {})", table.name, table.in_use());
        let any = sql::<Bool>(&any);
        if diesel::select(any).get_result(conn).await? {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

async fn begin(conn: &mut Connection, mark: &str) -> Outcome<Option<&'static str>> {
    differences::hold_all(conn).await?;
    let occupied = occupied(conn).await?;
    if occupied.is_none() {
        let row = (meta::name.eq(UNFINISHED), meta::value.eq(mark.as_bytes()));
        diesel::insert_into(meta::table).values(row).execute(conn).await?;
    }
    Ok(occupied)
}

/// False if the mark is not what it was.
async fn move_mark(conn: &mut Connection, change: &MarkChange) -> Outcome<bool> {
    let mark = meta::table
        .filter(meta::name.eq(UNFINISHED))
        .filter(meta::value.eq(change.before.as_bytes()));
    let moved = diesel::update(mark).set(meta::value.eq(change.after.as_bytes()));
    Ok(moved.execute(conn).await? == 1)
}

async fn add(conn: &mut Connection, table: &'static Table, rows: &[Row], change: &MarkChange) -> Outcome<bool> {
    if !move_mark(conn, change).await? {
        return Ok(false);
    }
    differences::insert(conn, table, rows).await?;
    Ok(true)
}

async fn go_on_after(conn: &mut Connection, numbers: &[(&'static Table, i64)], change: &MarkChange) -> Outcome<bool> {
    if !move_mark(conn, change).await? {
        return Ok(false);
    }
    for (table, number) in numbers.iter().filter(|(_, number)| *number > 0) {
        differences::go_on_after(conn, table, *number).await?;
    }
    Ok(true)
}

async fn unsealed(conn: &mut Connection, after: i64, limit: u32) -> Outcome<Vec<AuditRow>> {
    let rows = audit_entries::table
        .filter(audit_entries::written_by.eq(1))
        .filter(audit_entries::sequence.gt(after))
        .order(audit_entries::sequence)
        .limit(limit.into())
        .select(AuditEntryRow::as_select());
    let rows: Vec<AuditEntryRow> = rows.load(conn).await?;
    Ok(rows.into_iter().map(row_of).collect())
}

async fn complete(conn: &mut Connection, mark: &str, entry: &AuditEntry) -> Outcome<bool> {
    let mark = meta::table
        .filter(meta::name.eq(UNFINISHED))
        .filter(meta::value.eq(mark.as_bytes()));
    if diesel::delete(mark).execute(conn).await? == 0 {
        return Ok(false);
    }
    audit::write(conn, entry).await?;
    Ok(true)
}
