//! Tables of an SQLite file that belongs to another system, read and never written.

use std::fmt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Map, Value};

/// How many rows are read at once.
const PAGE: i64 = 1000;

/// A row, with its place in the table.
pub type PlacedRow = (i64, Map<String, Value>);

/// An SQLite database of another system, opened to be read.
pub struct SqliteSource(SqliteConnection);

/// Why a database of another system cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the {database} database cannot be read: {why}")]
pub struct SourceError {
    database: &'static str,
    why: String,
}

impl SourceError {
    fn sqlite(why: impl fmt::Display) -> Self {
        let why = why.to_string();
        Self {
            database: "SQLite",
            why,
        }
    }

    pub(crate) fn postgres(why: impl fmt::Display) -> Self {
        let why = why.to_string();
        Self {
            database: "PostgreSQL",
            why,
        }
    }
}

impl From<diesel::result::Error> for SourceError {
    fn from(error: diesel::result::Error) -> Self {
        Self::sqlite(error)
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    line: String,
}

impl SqliteSource {
    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there, or is no SQLite database.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let path = path
            .to_str()
            .ok_or_else(|| SourceError::sqlite("its path is no UTF-8"))?;
        let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let prefix = if path.starts_with('/') { "file://" } else { "file:" };
        let opened = SqliteConnection::establish(&format!("{prefix}{escaped}?mode=ro"));
        let mut conn = opened.map_err(SourceError::sqlite)?;
        // Also when the other system writes meanwhile.
        diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut conn)?;
        Ok(Self(conn))
    }

    /// The columns of a table; none if there is no such table.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>, SourceError> {
        let names = diesel::sql_query("SELECT name FROM pragma_table_info(?)").bind::<Text, _>(table);
        let names: Vec<Name> = names.load(&mut self.0)?;
        Ok(names.into_iter().map(|name| name.name).collect())
    }

    /// The next rows of a table after this place, with the place of each: these columns as JSON. Bytes come as hexadecimal
    /// digits.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rows(&mut self, table: &str, columns: &[&str], after: i64) -> Result<Vec<PlacedRow>, SourceError> {
        let member = |name: &&str| {
            let column = quoted(name);
            let key = name.replace('\'', "''");
            format!("'{key}', CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE {column} END")
        };
        let members: Vec<_> = columns.iter().map(member).collect();
        let query = format!(
            "SELECT rowid AS place, json_object({}) AS line FROM {} WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}",
            members.join(", "),
            quoted(table)
        );
        let lines: Vec<Line> = diesel::sql_query(query).bind::<BigInt, _>(after).load(&mut self.0)?;
        let read = |line: Line| {
            let row = serde_json::from_str(&line.line);
            row.map(|row| (line.place, row))
                .map_err(|_| SourceError::sqlite(format!("row {} of {table} is no text", line.place)))
        };
        lines.into_iter().map(read).collect()
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl fmt::Debug for SqliteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteSource")
    }
}
