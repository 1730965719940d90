//! Tables of a PostgreSQL database that belongs to another system, read and never written.

use std::fmt;

use serde_json::{Map, Value};
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Row};

use crate::postgres::tls;
use crate::sqlite_source::{PlacedRow, SourceError, quoted};
use crate::url::{DatabaseUrl, PostgresUrl};

/// How many rows are read at once.
const PAGE: i64 = 1000;

/// All tables are read as they were at one moment. A time with a zone is printed in UTC, whatever the database's default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL TimeZone = 'UTC';
    SET LOCAL DateStyle = 'ISO';
    SET LOCAL bytea_output = 'hex';
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// The columns of the table that this name means, by `search_path`.
const COLUMNS: &str = "SELECT attname::text, atttypid = 'bytea'::regtype FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped";

/// A PostgreSQL database of another system, in one transaction that only reads.
pub struct PostgresSource {
    client: Client,
    /// Carries the connection's bytes until this value is dropped.
    carrier: AbortHandle,
    /// The table that is being read, and how many of its rows were read.
    reading: Option<(String, i64)>,
}

impl PostgresSource {
    /// Connects, and begins the transaction. The password counts where the URL has none.
    ///
    /// # Errors
    /// When the URL is none of PostgreSQL, nothing answers, or the server refuses. The message has no password.
    pub async fn open(url: &str, password: Option<&str>) -> Result<Self, SourceError> {
        let Ok(DatabaseUrl::Postgres(url)) = DatabaseUrl::parse(url) else {
            return Err(SourceError::postgres("its URL is not postgres://USER@HOST/NAME"));
        };
        let PostgresUrl { mut config, tls } = *url;
        if let (None, Some(password)) = (config.get_password(), password) {
            config.password(password);
        }
        let tls = tls::maker(&tls).map_err(SourceError::postgres)?;
        let (client, connection) = config.connect(tls).await?;
        let carrier = tokio::spawn(async move {
            // What ends it, the next statement says.
            let _ended = connection.await;
        });
        let source = Self {
            client,
            carrier: carrier.abort_handle(),
            reading: None,
        };
        source.client.batch_execute(BEGIN).await?;
        Ok(source)
    }

    /// The columns of a table, found by the user's `search_path`; none if there is no such table.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn columns(&self, table: &str) -> Result<Vec<String>, SourceError> {
        let columns = self.typed_columns(table).await?;
        Ok(columns.into_iter().map(|(name, _)| name).collect())
    }

    /// Begins to read these columns of a table.
    ///
    /// # Errors
    /// When the table cannot be read, such as without the right to.
    pub async fn begin(&mut self, table: &str, columns: &[&str]) -> Result<(), SourceError> {
        if self.reading.take().is_some() {
            self.client.batch_execute("CLOSE reading").await?;
        }
        let known = self.typed_columns(table).await?;
        let member = |name: &&str| {
            let column = quoted(name);
            let is_bytes = known.iter().any(|(known, is_bytes)| known == name && *is_bytes);
            let value = match is_bytes {
                true => format!("encode({column}, 'hex')"),
                false => format!("{column}::text"),
            };
            format!("'{}', {value}", name.replace('\'', "''"))
        };
        let members: Vec<_> = columns.iter().map(member).collect();
        let query = format!(
            "DECLARE reading NO SCROLL CURSOR FOR SELECT json_build_object({})::text FROM {}",
            members.join(", "),
            quoted(table)
        );
        self.client.batch_execute(&query).await?;
        self.reading = Some((table.to_owned(), 0));
        Ok(())
    }

    /// The next rows of that table, with the place of each: its columns as JSON, each value as text or null. Bytes come as hexadecimal
    /// digits. None: it was read to its end.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next(&mut self) -> Result<Vec<PlacedRow>, SourceError> {
        let Some((_, place)) = &mut self.reading else {
            return Ok(Vec::new());
        };
        let rows = self.client.query(&format!("FETCH {PAGE} FROM reading"), &[]).await?;
        let mut read = |row: &Row| {
            *place += 1;
            let line: Option<Map<String, Value>> = serde_json::from_str(row.try_get(0)?).ok();
            Ok((*place, line))
        };
        rows.iter().map(&mut read).collect()
    }

    async fn typed_columns(&self, table: &str) -> Result<Vec<(String, bool)>, SourceError> {
        let rows = self.client.query(COLUMNS, &[&table]).await?;
        let read = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(read).collect()
    }
}

impl From<tokio_postgres::Error> for SourceError {
    /// The library's message and that of its cause. Neither holds the password, nor a value of a row.
    fn from(error: tokio_postgres::Error) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self::postgres(format!("{error}{}", cause.unwrap_or_default()))
    }
}

impl Drop for PostgresSource {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

impl fmt::Debug for PostgresSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresSource")
    }
}
