//! A file with an export: first all of it is checked, then its rows are moved.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::database::ROWS_AT_ONCE;
use super::digest::TableDigest;
use super::error::TransferError;
use super::file_check::{Checked, check};
use super::file_lines::{FileLines, Line};
use super::run::{Progress, Rows, Source, Stage, Watch};
use super::table::{TABLES, Table};
use super::value::Row;

/// A file with an export, of which every line was checked.
pub struct ExportFile {
    checked: Checked,
    lines: FileLines<Reader>,
    /// The row that comes next, where it was read and not taken.
    next: Option<(&'static Table, Row)>,
}

/// What an export is read from.
pub type Reader = Box<dyn BufRead + Send>;

impl std::fmt::Debug for ExportFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportFile").finish_non_exhaustive()
    }
}

impl ExportFile {
    /// Reads a file from its beginning to its end, and checks all of it.
    ///
    /// # Errors
    /// [`TransferError::Line`] names the first line that is wrong, and why: it is damaged, of another version, comes twice or
    /// is missing. Nothing was changed.
    pub fn check(path: &Path, lines_read: impl FnMut(u64)) -> Result<Self, TransferError> {
        Self::check_opened(|| open(path), lines_read)
    }

    /// The same for an export that is in something else than a plain file: `open` is called twice, and begins at its
    /// beginning each time.
    ///
    /// # Errors
    /// [`TransferError::Line`] as above; [`TransferError::File`] if `open` or what it opened fails.
    pub fn check_opened(
        open: impl Fn() -> std::io::Result<Reader>,
        mut lines_read: impl FnMut(u64),
    ) -> Result<Self, TransferError> {
        let checked = check(&mut FileLines::new(open()?), &mut lines_read)?;
        Ok(Self {
            checked,
            lines: FileLines::new(open()?),
            next: None,
        })
    }

    /// How many rows it has, of all tables.
    pub fn rows_in_all(&self) -> u64 {
        self.checked.rows.iter().sum()
    }

    /// A value of the database by its name, such as the check value of its master key.
    pub fn fact(&self, name: &str) -> Option<&[u8]> {
        self.checked.facts.get(name).map(Vec::as_slice)
    }

    /// SHA-256 over all lines before the last, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.checked.sha256
    }

    fn next_row(&mut self) -> Result<Option<(&'static Table, Row)>, TransferError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        while let Some(line) = self.lines.next()? {
            if let Line::Row(table, row) = line {
                return Ok(Some((table, row)));
            }
        }
        Ok(None)
    }
}

fn open(path: &Path) -> std::io::Result<Reader> {
    Ok(Box::new(BufReader::with_capacity(1 << 20, File::open(path)?)))
}

impl Rows for ExportFile {
    fn rows(&self) -> &[u64] {
        &self.checked.rows
    }

    fn numbers(&self) -> &[(&'static Table, i64)] {
        &self.checked.numbers
    }

    /// Pages are asked for in order, so the file is read once.
    async fn page(&mut self, table: &'static Table, after: Option<Row>) -> Result<Vec<Row>, TransferError> {
        let place = |table: &Table| TABLES.iter().position(|other| other.name == table.name);
        let mut rows = Vec::new();
        while rows.len() < ROWS_AT_ONCE {
            let Some((of, row)) = self.next_row()? else {
                break;
            };
            if place(of) > place(table) {
                self.next = Some((of, row));
                break;
            }
            let is_new = after.as_ref().is_none_or(|after| table.key_of(&row) > *after);
            if of.name == table.name && is_new {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

impl Source for ExportFile {
    fn fingerprint(&self) -> &str {
        &self.checked.sha256
    }

    /// All of it was compared with the digests that were checked first.
    async fn check_unchanged(&mut self) -> Result<(), TransferError> {
        Ok(())
    }

    /// As the whole file was checked.
    async fn digest(
        &mut self,
        table: &'static Table,
        watch: &mut Watch<'_>,
        progress: &mut Progress,
    ) -> Result<TableDigest, TransferError> {
        let digest = self.checked.digests.iter().find(|(of, _)| of.name == table.name);
        let (_, digest) = digest.ok_or_else(|| std::io::Error::other(format!("the export has no {}", table.name)))?;
        (progress.stage, progress.table) = (Stage::Comparing, table.name);
        progress.rows += digest.rows;
        watch(progress);
        Ok(*digest)
    }
}
