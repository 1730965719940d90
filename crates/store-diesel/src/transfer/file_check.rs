//! Whether a file is an export, from its first line to its last.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::{Map, Value as Json};

use super::digest::{TableDigest, TableDigester, hex};
use super::error::TransferError;
use super::export::schema;
use super::file_lines::{FileLines, Line};
use super::line::FORMAT;
use super::table::{TABLES, Table};
use super::value::{Row, Value};

/// What a file has, as it was checked.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) rows: Vec<u64>,
    pub(super) digests: Vec<(&'static Table, TableDigest)>,
    pub(super) numbers: Vec<(&'static Table, i64)>,
    /// The rows of `meta`.
    pub(super) facts: BTreeMap<String, Vec<u8>>,
    pub(super) sha256: String,
}

/// After how many lines their number is passed on.
const NOTED_EVERY: u64 = 10_000;

/// Reads all lines. An error names the first that is wrong.
pub(super) fn check(
    lines: &mut FileLines<impl BufRead>,
    lines_read: &mut impl FnMut(u64),
) -> Result<Checked, TransferError> {
    let mut checked = Checked::default();
    match lines.next()? {
        Some(Line::Header(header)) => checked.numbers = numbers_of(lines, &header)?,
        Some(_) => return Err(lines.wrong("it is not the first line of an export: what is before it is missing")),
        None => return Err(lines.wrong("the file is empty")),
    }
    for table in TABLES {
        let digest = check_table(lines, table, &mut checked.facts, lines_read)?;
        checked.rows.push(digest.rows);
        checked.digests.push((table, digest));
    }
    check_end(lines, &mut checked)?;
    Ok(checked)
}

fn numbers_of(
    lines: &FileLines<impl BufRead>,
    header: &Map<String, Json>,
) -> Result<Vec<(&'static Table, i64)>, TransferError> {
    let format = header.get("tessera_export").and_then(Json::as_i64);
    let theirs = schema_of(header);
    if format != Some(FORMAT) || theirs != schema() {
        return Err(lines.wrong(of_another_version(&theirs, header)));
    }
    let numbered = TABLES.iter().filter(|table| table.numbered);
    let numbers = numbered.map(|table| {
        let number = header.get("numbers").and_then(|numbers| numbers.get(table.name));
        let number = number.and_then(Json::as_i64).filter(|number| *number >= 0);
        let number = number.ok_or_else(|| lines.wrong(format!("it has no last number of {}", table.name)))?;
        Ok((table, number))
    });
    numbers.collect()
}

/// Its digits alone: it is printed, and the file may be anybody's.
fn schema_of(header: &Map<String, Json>) -> String {
    let schema = header.get("schema").and_then(Json::as_str).unwrap_or_default();
    schema.chars().filter(char::is_ascii_digit).take(20).collect()
}

fn of_another_version(schema: &str, header: &Map<String, Json>) -> String {
    let program = header.get("program").and_then(Json::as_str).unwrap_or_default();
    let is_of_versions = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '+');
    let program: String = program.chars().filter(is_of_versions).take(40).collect();
    let program = match program.is_empty() {
        true => program,
        false => format!(", Tessera {program}"),
    };
    format!(
        "it was written by another version of the program{program}, for tables of {schema}, and this one reads those of {}, in form \
         {FORMAT}: put it into an empty database with that version, and then run `tessera migrate` of this one",
        self::schema()
    )
}

fn check_table(
    lines: &mut FileLines<impl BufRead>,
    table: &'static Table,
    facts: &mut BTreeMap<String, Vec<u8>>,
    lines_read: &mut impl FnMut(u64),
) -> Result<TableDigest, TransferError> {
    let (mut digest, mut before) = (TableDigester::new(table), None::<Row>);
    let first = lines.number() + 1;
    loop {
        let line = lines.next()?;
        if lines.number().is_multiple_of(NOTED_EVERY) {
            lines_read(lines.number());
        }
        match line {
            Some(Line::Row(of, row)) if of.name == table.name => {
                let key = table.key_of(&row);
                if before.as_ref().is_some_and(|before| key <= *before) {
                    return Err(lines.wrong(format!("this row of {} comes twice, or not in its place", table.name)));
                }
                digest.add(&row);
                note_fact(table, &row, facts);
                before = Some(key);
            }
            Some(Line::EndOfTable(of, rows, sha256)) if of.name == table.name => {
                let found = digest.finish();
                return match found.rows == rows && hex(&found.sha256) == sha256 {
                    true => Ok(found),
                    false => Err(lines.wrong(format!(
                        "the rows of {}, from line {first} on, are not those that were written: one was changed, added or \
                         removed",
                        table.name
                    ))),
                };
            }
            Some(_) => return Err(lines.wrong(format!("it does not belong between the rows of {}", table.name))),
            None => return Err(cut_off(lines)),
        }
    }
}

fn note_fact(table: &Table, row: &[Value], facts: &mut BTreeMap<String, Vec<u8>>) {
    if let ("meta", [Value::Text(name), Value::Bytes(value)]) = (table.name, row) {
        facts.insert(name.clone(), value.clone());
    }
}

fn check_end(lines: &mut FileLines<impl BufRead>, checked: &mut Checked) -> Result<(), TransferError> {
    match lines.next()? {
        Some(Line::End(rows, sha256)) => {
            if hex(lines.digest_before()) != sha256 || rows != checked.rows.iter().sum::<u64>() {
                return Err(lines.wrong("the lines before this one are not those that were written: one was changed"));
            }
            checked.sha256 = sha256;
        }
        Some(_) => return Err(lines.wrong("the end of the export is expected here")),
        None => return Err(cut_off(lines)),
    }
    match lines.next()? {
        None => Ok(()),
        Some(_) => {
            Err(lines
                .wrong("the export has ended before this line: the file has something else too, or is there twice"))
        }
    }
}

fn cut_off(lines: &FileLines<impl BufRead>) -> TransferError {
    lines.wrong("it is missing, and all after it: the file was cut off here")
}
