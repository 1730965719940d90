//! The way of all rows from a source into a target.

use std::sync::Arc;

use futures_util::future::join;

use super::database::TransferDatabase;
use super::digest::TableDigest;
use super::error::TransferError;
use super::held::digest_of;
use super::mark::Mark;
use super::port::MarkChange;
use super::table::{TABLES, Table};
use super::value::Row;

/// What a transfer does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rows are read, and written elsewhere.
    Moving,
    /// What came of them is compared with the source.
    Comparing,
}

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub stage: Stage,
    /// With which table.
    pub table: &'static str,
    /// How many rows it has done so with, of all tables.
    pub rows: u64,
    /// How many there are, in all tables.
    pub of: u64,
}

/// Called as a transfer goes on.
pub type Watch<'a> = dyn FnMut(&Progress) + Send + 'a;

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// How many rows, of all tables.
    pub rows: u64,
    /// How many of them were in the target before, from a transfer that was interrupted.
    pub rows_before: u64,
    /// Each table, with its rows and their digest, the same at both ends. Empty if all was compared before the transfer was
    /// interrupted.
    pub tables: Vec<(&'static str, TableDigest)>,
}

/// Rows in the order of their keys. They do not change.
pub(super) trait Rows {
    /// How many rows each table has.
    fn rows(&self) -> &[u64];

    /// The last number that each numbered table has given out.
    fn numbers(&self) -> &[(&'static Table, i64)];

    /// The rows after a key, in the order of the key; none at the end.
    async fn page(&mut self, table: &'static Table, after: Option<Row>) -> Result<Vec<Row>, TransferError>;
}

/// Where the rows of a transfer come from.
pub(super) trait Source: Rows {
    /// Which source, in which state.
    fn fingerprint(&self) -> &str;

    /// Whether nothing could have changed it until now.
    async fn check_unchanged(&mut self) -> Result<(), TransferError>;

    /// The digest of a table, as it is by now.
    async fn digest(
        &mut self,
        table: &'static Table,
        watch: &mut Watch<'_>,
        progress: &mut Progress,
    ) -> Result<TableDigest, TransferError>;
}

/// Moves everything, and compares it; goes on where an earlier run of the same transfer stopped. The target is not complete
/// afterwards: [`TransferDatabase::complete`].
pub(super) async fn run(
    source: &mut impl Source,
    target: &TransferDatabase,
    watch: &mut Watch<'_>,
) -> Result<Transferred, TransferError> {
    let mut mark = begin(source, target).await?;
    let rows_before = mark.rows;
    let mut tables = Vec::new();
    if !mark.compared {
        mark = move_rows(source, target, mark, watch).await?;
        tables = compare(source, target, watch).await?;
        source.check_unchanged().await?;
        finish(source, target, &mark).await?;
    }
    Ok(Transferred {
        rows: mark.rows,
        rows_before,
        tables,
    })
}

/// The mark from which to go on.
async fn begin(source: &impl Source, target: &TransferDatabase) -> Result<Mark, TransferError> {
    if let Some(mark) = target.mark().await? {
        return same(mark, source);
    }
    let mark = Mark::new(source.fingerprint().to_owned());
    let port = target.port();
    let occupied = match port.occupied().await.map_err(TransferError::Target)? {
        None => port.begin(&mark.text()).await.map_err(TransferError::Target)?,
        occupied => occupied,
    };
    match (occupied, target.mark().await?) {
        (None, _) => Ok(mark),
        // The last transaction of a process that was killed has come to its end meanwhile.
        (Some(_), Some(mark)) => same(mark, source),
        (Some(table), None) => Err(TransferError::NotEmpty(table)),
    }
}

fn same(mark: Mark, source: &impl Source) -> Result<Mark, TransferError> {
    match mark.of == source.fingerprint() {
        true => Ok(mark),
        false => Err(TransferError::AnotherTransfer),
    }
}

async fn move_rows(
    source: &mut impl Source,
    target: &TransferDatabase,
    mut mark: Mark,
    watch: &mut Watch<'_>,
) -> Result<Mark, TransferError> {
    let of = source.rows().iter().sum();
    let begun = mark.table;
    for table in TABLES.iter().skip_while(|table| table.name != begun.name) {
        let after = if table.name == begun.name {
            mark.after.clone()
        } else {
            None
        };
        let mut rows = source.page(table, after).await?;
        while let Some(last) = rows.last() {
            let next = mark.after(table, &rows);
            let after = Some(table.key_of(last));
            // While these are written, those that follow are read.
            let added = target.add(table, Arc::new(rows), &mark, &next);
            let (added, following) = join(added, source.page(table, after)).await;
            added?;
            (mark, rows) = (next, following?);
            watch(&Progress {
                stage: Stage::Moving,
                table: table.name,
                rows: mark.rows,
                of,
            });
        }
    }
    Ok(mark)
}

async fn compare(
    source: &mut impl Source,
    target: &TransferDatabase,
    watch: &mut Watch<'_>,
) -> Result<Vec<(&'static str, TableDigest)>, TransferError> {
    let mut progress = Progress {
        stage: Stage::Comparing,
        table: TABLES[0].name,
        rows: 0,
        of: source.rows().iter().sum(),
    };
    let mut tables = Vec::new();
    for table in TABLES {
        let theirs = digest_of(target, table, |_| ());
        let (expected, found) = join(source.digest(table, watch, &mut progress), theirs).await;
        let (expected, found) = (expected?, found.map_err(of_target)?);
        if expected != found {
            return Err(TransferError::Differs {
                table: table.name,
                expected: expected.rows,
                found: found.rows,
            });
        }
        tables.push((table.name, found));
    }
    Ok(tables)
}

fn of_target(error: TransferError) -> TransferError {
    match error {
        TransferError::Source(error) => TransferError::Target(error),
        other => other,
    }
}

/// Has the numbers go on, so that none is given out again, and marks everything as compared.
async fn finish(source: &impl Source, target: &TransferDatabase, mark: &Mark) -> Result<(), TransferError> {
    let compared = Mark {
        compared: true,
        ..mark.clone()
    };
    let change = MarkChange {
        before: mark.text(),
        after: compared.text(),
    };
    match target.port().go_on_after(source.numbers().to_vec(), change).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(TransferError::Beside),
        Err(error) => Err(TransferError::Target(error)),
    }
}
