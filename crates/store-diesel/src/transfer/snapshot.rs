//! A database as it was at one moment, while others go on writing to it.

use auth_core::StoreError;

use super::database::{ROWS_AT_ONCE, TransferDatabase, checked};
use super::error::TransferError;
use super::port::Snapshot;
use super::run::Rows;
use super::table::{TABLES, Table};
use super::value::Row;

/// A database as it was when this was made: one transaction on a connection of its own, which keeps nobody from writing. Where
/// that connection is lost, everything after it fails; nothing of another moment is read.
pub struct SnapshotDatabase {
    snapshot: Box<dyn Snapshot>,
    rows: Vec<u64>,
    numbers: Vec<(&'static Table, i64)>,
}

impl std::fmt::Debug for SnapshotDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotDatabase").finish_non_exhaustive()
    }
}

impl SnapshotDatabase {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(database: &TransferDatabase) -> Result<Self, TransferError> {
        let mut snapshot = database.port().snapshot().await.map_err(TransferError::Source)?;
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for table in TABLES {
            rows.push(snapshot.count(table).await.map_err(TransferError::Source)?);
            if table.numbered {
                let last = snapshot.last_number(table).await;
                numbers.push((table, last.map_err(TransferError::Source)?));
            }
        }
        Ok(Self {
            snapshot,
            rows,
            numbers,
        })
    }

    /// A value of the database by its name, such as the check value of its master key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fact(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot.fact(name).await
    }
}

impl Rows for SnapshotDatabase {
    fn rows(&self) -> &[u64] {
        &self.rows
    }

    fn numbers(&self) -> &[(&'static Table, i64)] {
        &self.numbers
    }

    async fn page(&mut self, table: &'static Table, after: Option<Row>) -> Result<Vec<Row>, TransferError> {
        let rows = self.snapshot.page(table, after, ROWS_AT_ONCE).await;
        let rows = rows.map_err(TransferError::Source)?;
        rows.into_iter().map(|row| checked(table, row)).collect()
    }
}
