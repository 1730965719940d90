//! Tables of an SQLite file that belongs to another system, read and never written.

use std::fmt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde_json::{Map, Value};

/// How many rows are read at once.
const PAGE: i64 = 1000;

/// A row, with its place in the table; `None`: a value of it is neither text nor a finite number.
pub type PlacedRow = (i64, Option<Map<String, Value>>);

/// An SQLite database of another system, opened to be read.
pub struct SqliteSource {
    conn: SqliteConnection,
    path: String,
    /// Where the rows are copied to of what has no `rowid`, such as a view.
    copied: Option<String>,
}

/// The copy of a table in the connection's own temporary database.
const COPY: &str = "temp.tessera_rows";

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

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Binary)]
    line: Vec<u8>,
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
        let conn = opened.map_err(|error| about(path, error))?;
        let mut source = Self {
            conn,
            path: path.to_owned(),
            copied: None,
        };
        // Also when the other system writes meanwhile.
        source.execute("PRAGMA busy_timeout = 5000")?;
        Ok(source)
    }

    fn execute(&mut self, statement: &str) -> Result<(), SourceError> {
        let done = diesel::sql_query(statement).execute(&mut self.conn);
        done.map(|_| ()).map_err(|error| about(&self.path, error))
    }

    /// The columns of a table; none if there is no such table.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>, SourceError> {
        let names = diesel::sql_query("SELECT name FROM pragma_table_info(?)").bind::<Text, _>(table);
        let names: Result<Vec<Name>, _> = names.load(&mut self.conn);
        let names = names.map_err(|error| about(&self.path, error))?;
        Ok(names.into_iter().map(|name| name.name).collect())
    }

    /// The next rows of a table or a view after this place, with the place of each: these columns as JSON. Bytes come as hexadecimal
    /// digits. What has no `rowid` is copied into a temporary table first, by one statement.
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
        // As bytes: one row that is no UTF-8 must not end the reading of all.
        let line = format!("CAST(json_object({}) AS BLOB)", members.join(", "));
        if after == i64::MIN {
            self.copy_without_rowid(table, &line)?;
        }
        let (line, from) = match self.copied.as_deref() == Some(table) {
            true => ("line".to_owned(), COPY.to_owned()),
            false => (line, quoted(table)),
        };
        let query =
            format!("SELECT rowid AS place, {line} AS line FROM {from} WHERE rowid > ? ORDER BY rowid LIMIT {PAGE}");
        let lines = diesel::sql_query(query).bind::<BigInt, _>(after);
        let lines: Result<Vec<Line>, _> = lines.load(&mut self.conn);
        let lines = lines.map_err(|error| about(&self.path, error))?;
        let read = |line: Line| (line.place, serde_json::from_slice(&line.line).ok());
        Ok(lines.into_iter().map(read).collect())
    }

    fn copy_without_rowid(&mut self, table: &str, line: &str) -> Result<(), SourceError> {
        let from = quoted(table);
        let has_rowid = diesel::sql_query(format!("SELECT rowid FROM {from} LIMIT 0"));
        if has_rowid.execute(&mut self.conn).is_ok() {
            return Ok(());
        }
        self.execute(&format!("DROP TABLE IF EXISTS {COPY}"))?;
        self.execute(&format!("CREATE TABLE {COPY} AS SELECT {line} AS line FROM {from}"))?;
        self.copied = Some(table.to_owned());
        Ok(())
    }
}

/// Why this file cannot be read, and what to do.
fn about(path: &str, error: impl fmt::Display) -> SourceError {
    let why = error.to_string();
    let advice = [
        (
            "readonly database",
            "; it has a write-ahead log, for which its folder must be writable: as its owner, copy it with `sqlite3 FILE \".backup COPY\"`, \
             and give the copy",
        ),
        (
            "malformed",
            "; it is cut or damaged: copy it anew, or try `sqlite3 FILE .recover`",
        ),
        ("not a database", "; it is cut, damaged or encrypted: copy it anew"),
    ];
    let advice = advice.iter().find(|(part, _)| why.contains(part));
    SourceError::sqlite(format!("{path}: {why}{}", advice.map_or("", |(_, advice)| advice)))
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl fmt::Debug for SqliteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteSource")
    }
}
