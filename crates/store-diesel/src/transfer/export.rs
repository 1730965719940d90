//! Writing everything into a file, one line for each row.

use std::io::Write;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::database::ROWS_AT_ONCE;
use super::digest::{TableDigest, TableDigester, hex};
use super::error::TransferError;
use super::held::HeldDatabase;
use super::line::{FORMAT, of_row};
use super::run::{Progress, Rows, Stage, Watch};
use super::snapshot::SnapshotDatabase;
use super::table::{TABLES, Table};
use crate::migrations::MIGRATIONS;

/// What a file got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many rows, of all tables.
    pub rows: u64,
    /// SHA-256 over all lines before the last, in hexadecimal digits.
    pub sha256: String,
}

/// Writes all rows of a source as lines of JSON.
///
/// # Errors
/// When the source or the file fails; what was written by then is no export, and is refused as one.
pub async fn export(
    source: &mut HeldDatabase,
    file: impl Write,
    watch: &mut Watch<'_>,
) -> Result<Exported, TransferError> {
    write_all(source, file, watch).await
}

/// The same of a database that servers use meanwhile, as it was at one moment.
///
/// # Errors
/// When the source or the file fails; what was written by then is no export, and is refused as one.
pub async fn export_snapshot(
    source: &mut SnapshotDatabase,
    file: impl Write,
    watch: &mut Watch<'_>,
) -> Result<Exported, TransferError> {
    write_all(source, file, watch).await
}

async fn write_all(source: &mut impl Rows, file: impl Write, watch: &mut Watch<'_>) -> Result<Exported, TransferError> {
    let mut lines = Lines {
        file,
        hash: Sha256::new(),
    };
    lines.write(&header(source))?;
    let mut progress = Progress {
        stage: Stage::Moving,
        table: TABLES[0].name,
        rows: 0,
        of: source.rows().iter().sum(),
    };
    for table in TABLES {
        progress.table = table.name;
        let digest = write_table(source, table, &mut lines, watch, &mut progress).await?;
        lines.write(&end_of_table(table, &digest))?;
    }
    let sha256 = hex(&lines.hash.clone().finalize());
    lines.write(&end(progress.rows, &sha256))?;
    lines.file.flush()?;
    Ok(Exported {
        rows: progress.rows,
        sha256,
    })
}

async fn write_table(
    source: &mut impl Rows,
    table: &'static Table,
    lines: &mut Lines<impl Write>,
    watch: &mut Watch<'_>,
    progress: &mut Progress,
) -> Result<TableDigest, TransferError> {
    let (mut digest, mut after) = (TableDigester::new(table), None);
    loop {
        let rows = source.page(table, after).await?;
        for row in &rows {
            digest.add(row);
            lines.write(&of_row(table, row))?;
        }
        progress.rows += rows.len() as u64;
        watch(progress);
        after = rows.last().map(|row| table.key_of(row));
        if rows.len() < ROWS_AT_ONCE {
            return Ok(digest.finish());
        }
    }
}

/// The version of Tessera that writes the export: what reads it, should a later one not.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

fn header(source: &impl Rows) -> String {
    let numbers = source.numbers().iter();
    let numbers: serde_json::Map<_, _> = numbers
        .map(|(table, last)| (table.name.to_owned(), json!(last)))
        .collect();
    json!({ "tessera_export": FORMAT, "program": PROGRAM, "schema": schema(), "numbers": numbers }).to_string()
}

/// The version of the newest migration, which the tables of an export have.
pub(super) fn schema() -> String {
    MIGRATIONS.last().map(|last| last.version()).unwrap_or_default()
}

fn end_of_table(table: &Table, digest: &TableDigest) -> String {
    json!({ "end": table.name, "rows": digest.rows, "sha256": hex(&digest.sha256) }).to_string()
}

fn end(rows: u64, sha256: &str) -> String {
    json!({ "end_of_export": FORMAT, "rows": rows, "sha256": sha256 }).to_string()
}

struct Lines<W> {
    file: W,
    hash: Sha256,
}

impl<W: Write> Lines<W> {
    fn write(&mut self, line: &str) -> std::io::Result<()> {
        for part in [line.as_bytes(), b"\n"] {
            self.hash.update(part);
            self.file.write_all(part)?;
        }
        Ok(())
    }
}
