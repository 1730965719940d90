//! What the migrations and the tests need and SQLite does not have.

use auth_core::TokenDigest;
use diesel::{QueryResult, SqliteConnection, declare_sql_function};

#[declare_sql_function]
extern "SQL" {
    /// SHA-256, under the name that it has in PostgreSQL.
    fn sha256(bytes: diesel::sql_types::Binary) -> diesel::sql_types::Binary;
}

#[cfg(feature = "test-support")]
#[declare_sql_function]
extern "SQL" {
    /// So many seconds pass, under the name that it has in PostgreSQL: for something that is in the way for that long.
    fn pg_sleep(seconds: diesel::sql_types::Integer) -> diesel::sql_types::Integer;
}

/// Gives a connection these functions.
pub(super) fn register(conn: &mut SqliteConnection) -> QueryResult<()> {
    #[cfg(feature = "test-support")]
    pg_sleep_utils::register_impl(conn, |seconds: i32| {
        std::thread::sleep(std::time::Duration::from_secs(seconds.unsigned_abs().into()));
        seconds
    })?;
    sha256_utils::register_impl(conn, |bytes: Vec<u8>| TokenDigest::of(&bytes).as_bytes().to_vec())
}
