//! A database at one end of a transfer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditRow, AuditStore, StoreError, UnsealedEntries};

use super::error::TransferError;
use super::mark::Mark;
use super::port::{MarkChange, TransferPort};
use super::table::{Table, UNFINISHED};
use super::value::{Row, Value};
use crate::migrations::{self, Migrate};
use crate::options::{PATIENCE, StoreOptions};
use crate::store::{DieselStore, Ports};
use crate::url::DatabaseUrl;
use crate::{postgres, sqlite};

/// What connections of a transfer are called, so that it is not mistaken for a server.
const APPLICATION: &str = "tessera data";

/// A database at one end of a transfer.
#[derive(Clone, Debug)]
pub struct TransferDatabase(Arc<dyn Ports>);

impl TransferDatabase {
    /// Opens a database that rows are taken from. No other process may have it open, as far as that can be seen.
    ///
    /// # Errors
    /// [`TransferError::InUse`]; [`TransferError::Connect`] if its tables are not those of this version, or it is itself the
    /// target of an unfinished transfer.
    pub async fn open_source(url: &str) -> Result<Self, TransferError> {
        if let DatabaseUrl::Sqlite(path) = DatabaseUrl::parse(url).map_err(crate::ConnectError::from)? {
            let alone = tokio::task::spawn_blocking(move || sqlite::refuse_shared(path)).await;
            let panicked = |_| Err(crate::ConnectError::Unavailable("opening it panicked".to_owned()));
            match alone.unwrap_or_else(panicked) {
                Err(crate::ConnectError::Store(StoreError::Busy(_))) => {
                    return Err(TransferError::InUse("another process has the file open".to_owned()));
                }
                alone => alone?,
            }
        }
        Self::open_shared(url).await
    }

    /// Opens a database to take a snapshot of it ([`SnapshotDatabase`](super::SnapshotDatabase)), while others use it.
    ///
    /// # Errors
    /// [`TransferError::Connect`] if its tables are not those of this version, or it is the target of an unfinished transfer.
    pub async fn open_shared(url: &str) -> Result<Self, TransferError> {
        let source = Self::open(url).await?;
        source.refuse_unfinished().await?;
        Ok(source)
    }

    /// An empty database in memory, which is gone with this value: to try whether rows can be put into one.
    ///
    /// # Errors
    /// [`TransferError::Connect`].
    pub async fn in_memory() -> Result<Self, TransferError> {
        let ports = crate::store::open("sqlite::memory:", &options()).await?;
        let schema: &dyn Migrate = &*ports;
        migrations::prepare(schema, true).await?;
        Ok(Self(ports))
    }

    /// Opens a database that rows are put into.
    ///
    /// # Errors
    /// [`TransferError::Connect`], also if its tables are not those of this version.
    pub async fn open_target(url: &str) -> Result<Self, TransferError> {
        Self::open(url).await
    }

    async fn refuse_unfinished(&self) -> Result<(), TransferError> {
        match self.0.fact(UNFINISHED).await.map_err(TransferError::Source)? {
            None => Ok(()),
            Some(_) => Err(crate::ConnectError::Unfinished.into()),
        }
    }

    async fn open(url: &str) -> Result<Self, TransferError> {
        let options = options();
        let ports: Arc<dyn Ports> = match DatabaseUrl::parse(url).map_err(crate::ConnectError::from)? {
            DatabaseUrl::Postgres(mut url) => {
                url.config.application_name(APPLICATION);
                Arc::new(postgres::Db::open(*url, &options).await?)
            }
            DatabaseUrl::Sqlite(_) => crate::store::open(url, &options).await?,
        };
        let schema: &dyn Migrate = &*ports;
        migrations::prepare_exactly(schema).await?;
        Ok(Self(ports))
    }

    /// Its ports, to change what was put into it before it is complete: [`DieselStore::connect`] refuses it until then.
    pub fn store(&self) -> DieselStore {
        DieselStore::of(self.0.clone())
    }

    /// A table that has rows; `None`: a transfer may begin, or has begun and goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn occupied(&self) -> Result<Option<&'static str>, TransferError> {
        match self.mark().await? {
            Some(_) => Ok(None),
            None => self.0.occupied().await.map_err(TransferError::Target),
        }
    }

    /// The port of the audit log.
    pub fn audit(&self) -> Arc<dyn AuditStore> {
        self.0.clone()
    }

    /// Ends a transfer whose rows are all there: from now on servers may use the target. Writes an entry about it.
    ///
    /// # Errors
    /// When the target fails, or has no transfer that may end.
    pub async fn complete(&self, entry: AuditEntry) -> Result<(), TransferError> {
        let mark = self.mark().await?.filter(|mark| mark.compared);
        let mark = mark.ok_or(TransferError::Beside)?;
        match self.0.complete(&mark.text(), entry).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(TransferError::Beside),
            Err(error) => Err(TransferError::Target(error)),
        }
    }

    pub(super) fn port(&self) -> &dyn TransferPort {
        &*self.0
    }

    /// How far a transfer into this database has come.
    pub(super) async fn mark(&self) -> Result<Option<Mark>, TransferError> {
        let stored = self.0.mark().await.map_err(TransferError::Target)?;
        let read = |stored: Vec<u8>| Mark::read(&stored).ok_or(TransferError::UnreadableMark);
        stored.map(read).transpose()
    }

    pub(super) async fn page(&self, table: &'static Table, after: Option<Row>) -> Result<Vec<Row>, StoreError> {
        self.0.page(table, after, ROWS_AT_ONCE).await
    }

    pub(super) async fn add(
        &self,
        table: &'static Table,
        rows: Arc<Vec<Row>>,
        before: &Mark,
        after: &Mark,
    ) -> Result<(), TransferError> {
        self.refuse_what_it_cannot_keep(table, &rows)?;
        let change = MarkChange {
            before: before.text(),
            after: after.text(),
        };
        match self.0.add(table, rows, change).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(TransferError::Beside),
            Err(error) => Err(TransferError::Target(error)),
        }
    }

    fn refuse_what_it_cannot_keep(&self, table: &'static Table, rows: &[Row]) -> Result<(), TransferError> {
        if self.0.keeps_nul() {
            return Ok(());
        }
        let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        for row in rows {
            if let Some(place) = row.iter().position(has_nul) {
                return Err(TransferError::BadValue {
                    table: table.name,
                    key: shown_key(table, row),
                    column: table.columns[place].name,
                    why: "has a NUL character, which PostgreSQL does not store: change it in the source",
                });
            }
        }
        Ok(())
    }
}

#[async_trait]
impl UnsealedEntries for TransferDatabase {
    async fn unsealed(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.0.unsealed(after, limit).await
    }
}

/// A page, or the count of a large table, may take long; there is no client who waits.
fn options() -> StoreOptions {
    StoreOptions {
        wait: Duration::from_secs(10),
        deadline: PATIENCE,
        connections: 2,
        readers: 1,
        migrate: false,
        ..StoreOptions::default()
    }
}

/// How many rows are in memory at once, twice: those that are read and those that are written.
pub(super) const ROWS_AT_ONCE: usize = 1000;

/// The values of a row, each of the kind of its column.
pub(super) fn checked(table: &'static Table, row: Row) -> Result<Row, TransferError> {
    let mut good = Vec::with_capacity(row.len());
    for (column, value) in table.columns.iter().zip(row.iter().cloned()) {
        let Some(value) = value.of_kind(column.kind, column.optional) else {
            return Err(TransferError::BadValue {
                table: table.name,
                key: shown_key(table, &row),
                column: column.name,
                why: "has a value of another kind than was written",
            });
        };
        good.push(value);
    }
    Ok(good)
}

/// The key of a row, for an error.
pub(super) fn shown_key(table: &Table, row: &[Value]) -> String {
    let key: Vec<String> = table.key_of(row).iter().map(Value::shown).collect();
    key.join(" ")
}
