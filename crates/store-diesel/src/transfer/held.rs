//! A database from which rows are taken while nothing else writes to it.

use std::sync::{Mutex, PoisonError};

use auth_core::StoreError;
use sha2::{Digest, Sha256};

use super::database::{TransferDatabase, checked};
use super::digest::{TableDigest, TableDigester, hex};
use super::error::TransferError;
use super::port::Held;
use super::run::{Progress, Rows, Source, Stage, Watch};
use super::table::{TABLES, Table};
use super::value::Row;

/// A database from which rows are taken while nothing else writes to it: what it reads at the beginning and at the end is
/// of one state. Dropped, or with the end of the process, it lets others write again.
pub struct HeldDatabase {
    database: TransferDatabase,
    /// Nothing waits for the lock: it is for sharing this value.
    held: Mutex<Box<dyn Held>>,
    rows: Vec<u64>,
    numbers: Vec<(&'static Table, i64)>,
    fingerprint: String,
}

impl std::fmt::Debug for HeldDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldDatabase").finish_non_exhaustive()
    }
}

impl HeldDatabase {
    /// Holds a database.
    ///
    /// # Errors
    /// [`TransferError::InUse`] if others use it, or write to it.
    pub async fn hold(database: TransferDatabase) -> Result<Self, TransferError> {
        let held = database.port().hold().await?;
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for table in TABLES {
            rows.push(database.port().count(table).await.map_err(TransferError::Source)?);
            if table.numbered {
                let last = database.port().last_number(table).await;
                numbers.push((table, last.map_err(TransferError::Source)?));
            }
        }
        let fingerprint = fingerprint(&database, &numbers).await?;
        Ok(Self {
            database,
            held: Mutex::new(held),
            rows,
            numbers,
            fingerprint,
        })
    }

    /// A value of the database by its name, such as the check value of its master key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fact(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.port().fact(name).await
    }

    /// Lets others write again.
    ///
    /// # Errors
    /// If it was not held until now: then what was read may be of several states.
    pub async fn release(self) -> Result<TransferDatabase, TransferError> {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        held.release().await.map_err(TransferError::Source)?;
        Ok(self.database)
    }
}

/// Another for a source in another state, well enough to begin with: every change writes an audit entry, and so gives out a
/// number. At the end everything is compared.
async fn fingerprint(database: &TransferDatabase, numbers: &[(&Table, i64)]) -> Result<String, TransferError> {
    let mut hash = Sha256::new();
    for (_, number) in numbers {
        hash.update(number.to_be_bytes());
    }
    for table in ["meta", "vault", "audit_marks"].into_iter().filter_map(Table::of) {
        let digest = digest_of(database, table, |_| ()).await?;
        hash.update(digest.sha256);
    }
    Ok(hex(&hash.finalize()))
}

/// The digest of a table, read in pages.
pub(super) async fn digest_of(
    database: &TransferDatabase,
    table: &'static Table,
    mut read: impl FnMut(u64),
) -> Result<TableDigest, TransferError> {
    let mut digest = TableDigester::new(table);
    let mut after = None;
    loop {
        let rows = database.page(table, after).await.map_err(TransferError::Source)?;
        let Some(last) = rows.last() else {
            return Ok(digest.finish());
        };
        after = Some(table.key_of(last));
        read(rows.len() as u64);
        for row in rows {
            digest.add(&checked(table, row)?);
        }
    }
}

impl Rows for HeldDatabase {
    fn rows(&self) -> &[u64] {
        &self.rows
    }

    fn numbers(&self) -> &[(&'static Table, i64)] {
        &self.numbers
    }

    async fn page(&mut self, table: &'static Table, after: Option<Row>) -> Result<Vec<Row>, TransferError> {
        let rows = self.database.page(table, after).await.map_err(TransferError::Source)?;
        rows.into_iter().map(|row| checked(table, row)).collect()
    }
}

impl Source for HeldDatabase {
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    async fn check_unchanged(&mut self) -> Result<(), TransferError> {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        held.check().await.map_err(TransferError::Source)
    }

    async fn digest(
        &mut self,
        table: &'static Table,
        watch: &mut Watch<'_>,
        progress: &mut Progress,
    ) -> Result<TableDigest, TransferError> {
        progress.stage = Stage::Comparing;
        progress.table = table.name;
        digest_of(&self.database, table, |rows| {
            progress.rows += rows;
            watch(progress);
        })
        .await
    }
}
