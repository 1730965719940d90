//! Moving everything that one database has into another, or through a file.

mod database;
mod digest;
pub(crate) mod error;
mod export;
mod file;
mod file_check;
mod file_lines;
mod held;
mod line;
mod mark;
pub(crate) mod port;
mod run;
mod snapshot;
pub(crate) mod table;
#[cfg(feature = "test-support")]
mod table_lines;
pub(crate) mod value;

pub use database::TransferDatabase;
pub use digest::TableDigest;
pub use error::TransferError;
pub use export::{Exported, export, export_snapshot};
pub use file::{ExportFile, Reader};
pub use held::HeldDatabase;
pub use run::{Progress, Stage, Transferred, Watch};
pub use snapshot::SnapshotDatabase;
#[cfg(feature = "test-support")]
pub use table_lines::table_lines;

/// Moves all rows of a database into an empty one, and compares them. It goes on where an earlier run of the same transfer was
/// interrupted; each step is a transaction with its mark in the target, so nothing is moved twice.
///
/// Afterwards the target has everything but is not complete, and no server starts on it: seal what the source had not
/// sealed ([`auth_core::AuditSealer::take_over`]), then [`TransferDatabase::complete`].
///
/// # Errors
/// [`TransferError`]. What was moved before stays in the target.
pub async fn copy(
    source: &mut HeldDatabase,
    target: &TransferDatabase,
    watch: &mut Watch<'_>,
) -> Result<Transferred, TransferError> {
    run::run(source, target, watch).await
}

/// The same out of a file.
///
/// # Errors
/// [`TransferError`]. What was moved before stays in the target.
pub async fn import(
    file: &mut ExportFile,
    target: &TransferDatabase,
    watch: &mut Watch<'_>,
) -> Result<Transferred, TransferError> {
    run::run(file, target, watch).await
}
