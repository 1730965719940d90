//! Where rows come from: a database of the other system, or a folder with dumps of its tables.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use store_diesel::{PlacedRow, PostgresPlace, PostgresSource, SqliteSource, shown_url};

use super::postgres_password::password_for;
use super::row::Row;
use super::secret_of;

/// What an SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The longest line of an NDJSON file, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// The tables of another system.
#[derive(Debug)]
pub enum Source {
    Sqlite(SqliteSource),
    Postgres(PostgresSource),
    /// A folder with `TABLE.csv` or `TABLE.ndjson` for each table.
    Folder(PathBuf),
}

/// What is read of a table.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub table: &'static str,
    /// Those without which nothing is read.
    pub needed: &'static [&'static str],
    /// Those that not every version has.
    pub optional: &'static [&'static str],
}

impl Source {
    /// Opens what `--from` names: a path, the URL of a PostgreSQL database, or `@` and a file with that URL.
    ///
    /// # Errors
    /// When it is none of them, or cannot be read. No message has a password.
    pub async fn open(from: &Path) -> anyhow::Result<Self> {
        let text = from.to_str().unwrap_or_default();
        if let Some(file) = text.strip_prefix('@') {
            let url = secret_of("--from", Path::new(file))?;
            return from_url(url.expose_secret()).await;
        }
        match is_postgres(text) {
            true => from_url(text).await,
            false => Self::at(from),
        }
    }

    fn at(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let mut start = [0; SQLITE.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
        match read {
            Ok(()) if start == SQLITE => Ok(Self::Sqlite(SqliteSource::open(path)?)),
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                Err(error).with_context(|| format!("--from {shown}"))
            }
            _ => bail!(
                "--from {shown} is no SQLite database: give one, a postgres:// URL, or a folder with a file TABLE.csv or \
                 TABLE.ndjson for each table"
            ),
        }
    }

    /// Gives `each` every row of a table with its name, such as `users 17`, or why this row cannot be read. `Ok(false)`: there is no
    /// such table.
    ///
    /// # Errors
    /// When it cannot be read, or lacks a column; and what `each` returns.
    pub async fn rows(
        &mut self,
        columns: Columns,
        mut each: impl AsyncFnMut(String, anyhow::Result<Row>) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) => self.database_rows(columns, &mut each).await,
            Self::Folder(folder) => {
                let file = |ending: &str| folder.join(format!("{}.{ending}", columns.table));
                let (csv, ndjson) = (file("csv"), file("ndjson"));
                match (csv.exists(), ndjson.exists()) {
                    (true, true) => bail!("{} and {} are both there: keep one", csv.display(), ndjson.display()),
                    (true, false) => from_csv(&csv, columns, &mut each).await.map(|()| true),
                    (false, true) => from_ndjson(&ndjson, columns, &mut each).await.map(|()| true),
                    (false, false) => Ok(false),
                }
            }
        }
    }

    async fn database_rows(
        &mut self,
        columns: Columns,
        each: &mut impl AsyncFnMut(String, anyhow::Result<Row>) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let there = match self {
            Self::Sqlite(source) => source.columns(columns.table)?,
            Self::Postgres(source) => source.columns(columns.table).await?,
            Self::Folder(_) => Vec::new(),
        };
        if there.is_empty() {
            return Ok(false);
        }
        refuse_missing(columns, |name| there.iter().any(|column| column == name))?;
        let known = columns.needed.iter().chain(columns.optional);
        let read: Vec<&str> = known
            .copied()
            .filter(|name| there.iter().any(|column| column == name))
            .collect();
        let mut after = None;
        loop {
            let rows = self.page(columns.table, &read, after).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(true);
            };
            after = Some(*last);
            for (place, row) in rows {
                let row = row.map(Row);
                let name = row.as_ref().and_then(|row| row.text("id"));
                let name = name.unwrap_or_else(|| format!("row {place}"));
                let row = row.context("a value of it is no text in UTF-8, and no number");
                each(format!("{} {name}", columns.table), row).await?;
            }
        }
    }

    /// The rows of a table after this place, or the first ones.
    async fn page(&mut self, table: &str, read: &[&str], after: Option<i64>) -> anyhow::Result<Vec<PlacedRow>> {
        match self {
            Self::Sqlite(source) => Ok(source.rows(table, read, after.unwrap_or(i64::MIN))?),
            Self::Postgres(source) => {
                if after.is_none() {
                    source.begin(table, read).await.context(table.to_owned())?;
                }
                Ok(source.next().await.context(table.to_owned())?)
            }
            Self::Folder(_) => Ok(Vec::new()),
        }
    }
}

fn is_postgres(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

async fn from_url(url: &str) -> anyhow::Result<Source> {
    let shown = || format!("--from {}", shown_url(url));
    let place = PostgresPlace::of(url).filter(|place| !place.has_password);
    let password = place
        .as_ref()
        .map(password_for)
        .transpose()
        .with_context(shown)?
        .flatten();
    let password = password.as_ref().map(ExposeSecret::expose_secret);
    let opened = PostgresSource::open(url, password).await.with_context(shown)?;
    Ok(Source::Postgres(opened))
}

async fn from_csv(
    path: &Path,
    columns: Columns,
    each: &mut impl AsyncFnMut(String, anyhow::Result<Row>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let shown = path.display();
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .flexible(true)
        .from_path(path)
        .with_context(|| shown.to_string())?;
    let header = reader
        .headers()
        .with_context(|| format!("{shown}: its first line"))?
        .clone();
    refuse_missing(columns, |name| header.iter().any(|column| column == name))
        .with_context(|| format!("{shown}: its first line names the columns"))?;
    let mut is_whole = true;
    for (number, record) in reader.byte_records().enumerate() {
        let line = number + 2;
        let record = record.with_context(|| format!("{shown}: line {line}"))?;
        let row = csv_row(&header, record);
        is_whole = row.is_ok();
        each(format!("{} line {line}", columns.table), row).await?;
    }
    match is_whole || ends_with_a_line(path)? {
        true => Ok(()),
        false => bail!("{shown}: it ends inside a row: the file may be cut"),
    }
}

fn csv_row(header: &csv::StringRecord, record: csv::ByteRecord) -> anyhow::Result<Row> {
    let record = csv::StringRecord::from_byte_record(record);
    let record = record.map_err(|_| anyhow::anyhow!("it is no UTF-8"))?;
    if record.len() != header.len() {
        bail!("it has {} fields, and the first line {}", record.len(), header.len());
    }
    let fields = header.iter().zip(&record);
    let row = fields.map(|(name, value)| (name.to_owned(), Value::from(value)));
    Ok(Row(row.collect()))
}

fn ends_with_a_line(path: &Path) -> anyhow::Result<bool> {
    let mut last = [0];
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

async fn from_ndjson(
    path: &Path,
    columns: Columns,
    each: &mut impl AsyncFnMut(String, anyhow::Result<Row>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let shown = path.display();
    let mut file = BufReader::new(File::open(path).with_context(|| shown.to_string())?);
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.with_context(|| format!("{shown}: line {number}"))? == 0 {
            break;
        }
        let is_long = line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n');
        if is_long {
            file.skip_until(b'\n')
                .with_context(|| format!("{shown}: line {number}"))?;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row = match is_long {
            true => Err(anyhow::anyhow!("it is longer than 1 MiB")),
            false => ndjson_row(columns, &line),
        };
        if row.is_err() && !is_long && line.last() != Some(&b'\n') {
            bail!("{shown}: line {number} ends inside a row: the file may be cut");
        }
        each(format!("{} line {number}", columns.table), row).await?;
    }
    Ok(())
}

fn ndjson_row(columns: Columns, line: &[u8]) -> anyhow::Result<Row> {
    let row: Result<Map<String, Value>, _> = serde_json::from_slice(line);
    let row = row.map_err(|error| anyhow::anyhow!("it is no JSON object (column {})", error.column()))?;
    match columns.needed.iter().find(|name| !row.contains_key(**name)) {
        None => Ok(Row(row)),
        Some(name) => bail!("it has no {name}; give null where there is no value"),
    }
}

fn refuse_missing(columns: Columns, has: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    match columns.needed.iter().find(|name| !has(name)) {
        None => Ok(()),
        Some(name) => bail!(
            "the table {} has no column {name}: it is of a version of that system that is not supported, or no table of it",
            columns.table
        ),
    }
}
