//! What a database does for a transfer out of it or into it. Each method is one atomic operation.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditRow, StoreError};

use super::error::HoldError;
use super::table::Table;
use super::value::Row;

/// One database, behind [`TransferDatabase`](super::TransferDatabase).
#[async_trait]
pub(crate) trait TransferPort: fmt::Debug + Send + Sync + 'static {
    /// Whether a text may have a NUL in it.
    fn keeps_nul(&self) -> bool;

    /// Keeps every other connection from writing, until what it answers with is released or dropped.
    async fn hold(&self) -> Result<Box<dyn Held>, HoldError>;

    /// The database as it is at this moment. Others may go on writing.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    async fn count(&self, table: &'static Table) -> Result<u64, StoreError>;

    /// At most `limit` rows in the order of the key, after the row with the key `after`.
    async fn page(&self, table: &'static Table, after: Option<Row>, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// The highest number that the table has ever given out; 0: none.
    async fn last_number(&self, table: &'static Table) -> Result<i64, StoreError>;

    /// The value of this name in `meta`.
    async fn fact(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The mark of a transfer into this database. A transaction of a process that was killed, which may still move it, is
    /// waited for.
    async fn mark(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first table that has rows.
    async fn occupied(&self) -> Result<Option<&'static str>, StoreError>;

    /// Writes the mark of a transfer that begins, unless some table has rows: then the answer is its name.
    async fn begin(&self, mark: &str) -> Result<Option<&'static str>, StoreError>;

    /// Adds rows, and moves the mark on. False, and nothing is done, if the mark is not `change.before`: another process
    /// transfers into this database too.
    async fn add(&self, table: &'static Table, rows: Arc<Vec<Row>>, change: MarkChange) -> Result<bool, StoreError>;

    /// Has numbers go on after these, and moves the mark on.
    async fn go_on_after(&self, numbers: Vec<(&'static Table, i64)>, change: MarkChange) -> Result<bool, StoreError>;

    /// Audit entries that came here without a seal, after this number, in their order.
    async fn unsealed(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;

    /// Removes the mark and writes an audit entry about the transfer.
    async fn complete(&self, mark: &str, entry: AuditEntry) -> Result<bool, StoreError>;
}

/// How far a transfer has come, before and after an operation.
#[derive(Clone)]
pub(crate) struct MarkChange {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A database as it was at one moment: what the methods of [`TransferPort`] with the same names read, in one transaction.
#[async_trait]
pub(crate) trait Snapshot: Send {
    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError>;

    async fn page(&mut self, table: &'static Table, after: Option<Row>, limit: usize) -> Result<Vec<Row>, StoreError>;

    async fn last_number(&mut self, table: &'static Table) -> Result<i64, StoreError>;

    async fn fact(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A database to which nothing else writes.
#[async_trait]
pub(crate) trait Held: Send {
    /// Whether it was held until now.
    ///
    /// # Errors
    /// When it was not: its connection was lost.
    async fn check(&mut self) -> Result<(), StoreError>;

    /// Lets others write again.
    ///
    /// # Errors
    /// When the database was not held until now.
    async fn release(self: Box<Self>) -> Result<(), StoreError>;
}
