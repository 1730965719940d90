//! Why a transfer did not come to its end.

use auth_core::StoreError;

use crate::options::ConnectError;

/// Why a transfer did not come to its end. No text has a value of a row, a password or an address; keys of records are
/// numbers and names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The database cannot be opened, or its tables are of another version.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Others use the source, so it may change at any moment.
    #[error("the source is in use: {0}. Stop every server on it, and run this again")]
    InUse(String),
    /// The source failed. What was moved before stays in the target.
    #[error("the source failed: {0}. Run this again: it goes on where it stopped")]
    Source(StoreError),
    /// The target failed. What was moved before stays in it.
    #[error("the target failed: {0}. Run this again: it goes on where it stopped")]
    Target(StoreError),
    /// The target has rows; nothing was changed.
    #[error("the target is not empty: its table {0} has rows. Nothing was changed; name an empty database")]
    NotEmpty(&'static str),
    /// The target has a part of something else; nothing was changed.
    #[error(
        "the target has an unfinished transfer of another source, or of this one before it changed. Nothing was changed; \
         delete that database, create it anew with `tessera migrate`, and run this again"
    )]
    AnotherTransfer,
    /// The transfer that the target has cannot be read.
    #[error("the target has an unfinished transfer of another version: delete that database and create it anew")]
    UnreadableMark,
    /// Another process moved the mark.
    #[error("another process transfers into the target at this moment")]
    Beside,
    /// What came of a table is not what the source has.
    #[error(
        "the table {table} of the target is not what the source has ({found} rows of {expected}): one of them was changed \
         meanwhile. Delete the target, create it anew with `tessera migrate`, and run this again with the servers stopped"
    )]
    Differs {
        /// The table.
        table: &'static str,
        /// How many rows the source has.
        expected: u64,
        /// How many rows the target has.
        found: u64,
    },
    /// A value is not what its column can have.
    #[error("{table} {key}: the column {column} {why}")]
    BadValue {
        /// The table.
        table: &'static str,
        /// The key of the row.
        key: String,
        /// The column.
        column: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// The file of an export is not what was written.
    #[error("line {line}: {why}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// The file of an export cannot be read or written.
    #[error("the file failed")]
    File(#[from] std::io::Error),
}

/// Why a database is not held.
#[derive(Debug)]
pub(crate) enum HoldError {
    InUse(String),
    Store(StoreError),
}

impl From<StoreError> for HoldError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<HoldError> for TransferError {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::InUse(why) => Self::InUse(why),
            HoldError::Store(error) => Self::Source(error),
        }
    }
}
