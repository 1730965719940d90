//! What the migrations need and SQLite does not have.

use auth_core::TokenDigest;
use diesel::{QueryResult, SqliteConnection, declare_sql_function};

#[declare_sql_function]
extern "SQL" {
    /// SHA-256, under the name that it has in PostgreSQL.
    fn sha256(bytes: diesel::sql_types::Binary) -> diesel::sql_types::Binary;
}

/// Gives a connection the function `sha256`.
pub(super) fn register(conn: &mut SqliteConnection) -> QueryResult<()> {
    sha256_utils::register_impl(conn, |bytes: Vec<u8>| TokenDigest::of(&bytes).as_bytes().to_vec())
}
