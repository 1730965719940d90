//! The port of the audit log, and how the other ports write into it.

use async_trait::async_trait;
use auth_core::{
    AuditCursor, AuditEntry, AuditFilter, AuditMark, AuditMarks, AuditRow, AuditSeal, AuditStore, SettledEntries,
    StoreError,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::differences;
use crate::error::Outcome;
use crate::rows::{AuditEntryRow, MarkRow, NewAuditRow, SealRow};
use crate::schema::{audit_entries, audit_marks, audit_seals};

#[async_trait]
impl AuditStore for Db {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.write(entries.to_vec(), |conn, entries| append(conn, entries).boxed())
            .await
    }

    async fn settled(&self, after: &AuditCursor, limit: u32) -> Result<SettledEntries, StoreError> {
        self.read((*after, limit), |conn, (after, limit)| {
            differences::settled_entries(conn, after, *limit).boxed()
        })
        .await
    }

    async fn marks(&self) -> Result<AuditMarks, StoreError> {
        self.read((), |conn, ()| marks(conn).boxed()).await
    }

    async fn seal(&self, seal: &AuditSeal, end: &AuditMark, start: Option<&AuditMark>) -> Result<bool, StoreError> {
        self.write((seal.clone(), *end, start.copied()), |conn, (seal, end, start)| {
            add_seal(conn, seal, end, start.as_ref()).boxed()
        })
        .await
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        self.read((after, limit), |conn, (after, limit)| {
            seals(conn, *after, *limit).boxed()
        })
        .await
    }

    async fn has_seal_after(&self, number: i64) -> Result<bool, StoreError> {
        self.read(number, |conn, number| has_seal_after(conn, *number).boxed())
            .await
    }

    async fn rows(&self, after: i64, through: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read((after, through, limit), |conn, (after, through, limit)| {
            rows(conn, *after, *through, *limit).boxed()
        })
        .await
    }

    async fn find_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.read((filter.clone(), before, limit), |conn, (filter, before, limit)| {
            find(conn, filter, *before, *limit).boxed()
        })
        .await
    }

    async fn forget(&self, sequences: &[i64], from: i64, to: &AuditMark) -> Result<bool, StoreError> {
        self.write((sequences.to_vec(), from, *to), |conn, (sequences, from, to)| {
            forget(conn, sequences, *from, to).boxed()
        })
        .await
    }

    async fn restart(&self, entry: AuditEntry, start: &AuditMark, end: &AuditMark) -> Result<(), StoreError> {
        self.write_patiently((entry, *start, *end), |conn, (entry, start, end)| {
            restart(conn, entry, start, end).boxed()
        })
        .await
    }
}

/// Writes an entry in the transaction that it describes.
pub(super) async fn write(conn: &mut Connection, entry: &AuditEntry) -> Outcome<()> {
    let row = NewAuditRow::from(entry);
    diesel::insert_into(audit_entries::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// An entry as read, with its place in the order in which entries become final.
pub(super) fn row_of(row: AuditEntryRow) -> AuditRow {
    AuditRow {
        sequence: row.sequence,
        position: differences::position(&row),
        entry: row.into_entry(),
    }
}

async fn append(conn: &mut Connection, entries: &[AuditEntry]) -> Outcome<()> {
    for entry in entries {
        write(conn, entry).await?;
    }
    Ok(())
}

async fn marks(conn: &mut Connection) -> Outcome<AuditMarks> {
    let rows: Vec<MarkRow> = audit_marks::table.select(MarkRow::as_select()).load(conn).await?;
    let mut marks = AuditMarks::default();
    for row in rows {
        match row.name.as_str() {
            MarkRow::START => marks.start = Some(row.into_mark()),
            MarkRow::END => marks.end = Some(row.into_mark()),
            _ => {}
        }
    }
    Ok(marks)
}

/// The seal's number is its key, so of two that seal at the same time one comes second and adds nothing.
async fn add_seal(
    conn: &mut Connection,
    seal: &AuditSeal,
    end: &AuditMark,
    start: Option<&AuditMark>,
) -> Outcome<bool> {
    let row = SealRow::from(seal);
    let insert = diesel::insert_into(audit_seals::table)
        .values(row)
        .on_conflict_do_nothing();
    if insert.execute(conn).await? == 0 {
        return Ok(false);
    }
    if let Some(start) = start {
        put_mark(conn, MarkRow::START, start).await?;
        put_mark(conn, MarkRow::END, end).await?;
        return Ok(true);
    }
    let last = audit_marks::table
        .filter(audit_marks::name.eq(MarkRow::END))
        .filter(audit_marks::number.eq(seal.number - 1));
    let moved = diesel::update(last).set(MarkRow::new(MarkRow::END, end));
    if moved.execute(conn).await? == 1 {
        return Ok(true);
    }
    // The chain was begun anew meanwhile.
    diesel::delete(audit_seals::table.find(seal.number))
        .execute(conn)
        .await?;
    Ok(false)
}

async fn put_mark(conn: &mut Connection, name: &str, mark: &AuditMark) -> Outcome<()> {
    diesel::insert_into(audit_marks::table)
        .values(MarkRow::new(name, mark))
        .on_conflict(audit_marks::name)
        .do_update()
        .set(MarkRow::new(name, mark))
        .execute(conn)
        .await?;
    Ok(())
}

async fn seals(conn: &mut Connection, after: i64, limit: u32) -> Outcome<Vec<AuditSeal>> {
    let rows = audit_seals::table
        .filter(audit_seals::number.gt(after))
        .order(audit_seals::number)
        .limit(limit.into())
        .select(SealRow::as_select());
    let rows: Vec<SealRow> = rows.load(conn).await?;
    rows.into_iter().map(SealRow::into_seal).collect()
}

async fn has_seal_after(conn: &mut Connection, number: i64) -> Outcome<bool> {
    // In order: otherwise PostgreSQL expects to meet one soon wherever it begins, and reads all where there is none.
    let later = audit_seals::table
        .filter(audit_seals::number.gt(number))
        .order(audit_seals::number)
        .select(audit_seals::number);
    let next: Option<i64> = later.first(conn).await.optional()?;
    Ok(next.is_some())
}

async fn rows(conn: &mut Connection, after: i64, through: i64, limit: u32) -> Outcome<Vec<AuditRow>> {
    let rows = audit_entries::table
        .filter(audit_entries::sequence.gt(after))
        .filter(audit_entries::sequence.le(through))
        .order(audit_entries::sequence)
        .limit(limit.into())
        .select(AuditEntryRow::as_select());
    let rows: Vec<AuditEntryRow> = rows.load(conn).await?;
    Ok(rows.into_iter().map(row_of).collect())
}

async fn find(conn: &mut Connection, filter: &AuditFilter, before: Option<i64>, limit: u32) -> Outcome<Vec<AuditRow>> {
    let mut query = audit_entries::table
        .filter(audit_entries::sequence.lt(before.unwrap_or(i64::MAX)))
        .order(audit_entries::sequence.desc())
        .limit(limit.into())
        .select(AuditEntryRow::as_select())
        .into_boxed();
    if let Some(since) = filter.since {
        query = query.filter(audit_entries::at.ge(since.as_millis()));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_entries::at.lt(until.as_millis()));
    }
    macro_rules! equal {
        ($($column:ident),+) => {
            $(if let Some(wanted) = &filter.$column {
                query = query.filter(audit_entries::$column.eq(wanted.clone()));
            })+
        };
    }
    equal!(event, outcome, subject, token, realm, flavour, source, request);
    let rows: Vec<AuditEntryRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(row_of).collect())
}

async fn forget(conn: &mut Connection, sequences: &[i64], from: i64, to: &AuditMark) -> Outcome<bool> {
    let start = audit_marks::table
        .filter(audit_marks::name.eq(MarkRow::START))
        .filter(audit_marks::number.eq(from));
    let moved = diesel::update(start).set(MarkRow::new(MarkRow::START, to));
    if moved.execute(conn).await? == 0 {
        return Ok(false);
    }
    let old = audit_seals::table.filter(audit_seals::number.le(to.number));
    diesel::delete(old).execute(conn).await?;
    let entries = audit_entries::table.filter(audit_entries::sequence.eq_any(sequences));
    diesel::delete(entries).execute(conn).await?;
    Ok(true)
}

async fn restart(conn: &mut Connection, entry: &AuditEntry, start: &AuditMark, end: &AuditMark) -> Outcome<()> {
    diesel::delete(audit_seals::table).execute(conn).await?;
    put_mark(conn, MarkRow::START, start).await?;
    put_mark(conn, MarkRow::END, end).await?;
    write(conn, entry).await
}

/// The cursor after these rows.
pub(super) fn cursor_after(after: &AuditCursor, settled: i64, rows: &[AuditEntryRow]) -> AuditCursor {
    let highest = rows.iter().map(|row| row.sequence).max();
    AuditCursor {
        settled,
        floor: after.floor,
        highest: after.highest.max(highest.unwrap_or(0)),
    }
}
