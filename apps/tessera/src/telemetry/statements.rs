//! Statements in the log.

use tracing::{Level, Metadata};

/// The library that talks to PostgreSQL, and its parts.
const LIBRARY: &str = "tokio_postgres";

/// Whether a record has no values of statements. The library logs each statement with all that is bound to it, digests
/// and hashes too, at `debug` and below: those records are never shown, whatever `TESSERA_LOG` says.
pub(super) fn without_values(record: &Metadata<'_>) -> bool {
    !(record.target().starts_with(LIBRARY) && *record.level() > Level::INFO)
}
