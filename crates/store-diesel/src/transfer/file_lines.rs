//! The lines of an export, read.

use std::io::BufRead;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::error::TransferError;
use super::line::row_of;
use super::table::Table;
use super::value::Row;

/// The longest line, in bytes.
const LONGEST: usize = 16 << 20;

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    /// The first line.
    Header(Map<String, Json>),
    Row(&'static Table, Row),
    /// The end of a table: how many rows it has, and their digest.
    EndOfTable(&'static Table, u64, String),
    /// The last line: how many rows there are, and the digest of all lines before.
    End(u64, String),
}

/// The lines of a file, one after the other.
#[derive(Debug)]
pub(super) struct FileLines<R> {
    reader: R,
    number: u64,
    line: Vec<u8>,
    hash: Sha256,
    /// The digest of the lines before the one that was read last.
    before: [u8; 32],
}

impl<R: BufRead> FileLines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            number: 0,
            line: Vec::new(),
            hash: Sha256::new(),
            before: [0; 32],
        }
    }

    /// The number of the line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// SHA-256 over the lines before the one that was read last.
    pub(super) fn digest_before(&self) -> &[u8; 32] {
        &self.before
    }

    /// An error about the line that was read last.
    pub(super) fn wrong(&self, why: impl Into<String>) -> TransferError {
        TransferError::Line {
            line: self.number,
            why: why.into(),
        }
    }

    /// The next line; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Line>, TransferError> {
        self.number += 1;
        self.line.clear();
        let mut limited = std::io::Read::take(&mut self.reader, LONGEST as u64);
        if limited.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        if self.line.last() != Some(&b'\n') {
            return Err(self.wrong(match self.line.len() < LONGEST {
                true => "it has no end: the file was cut off here",
                false => "it is longer than a line of an export",
            }));
        }
        let line = self.parse()?;
        if matches!(line, Line::End(..)) {
            self.before = self.hash.clone().finalize().into();
        }
        self.hash.update(&self.line);
        Ok(Some(line))
    }

    fn parse(&self) -> Result<Line, TransferError> {
        let json: Result<Map<String, Json>, _> = serde_json::from_slice(&self.line);
        let mut json = json.map_err(|_| self.wrong("it is not a JSON object: the file is damaged, or is no export"))?;
        if json.contains_key("tessera_export") {
            return Ok(Line::Header(json));
        }
        let table = |name: Option<&Json>| name.and_then(Json::as_str).and_then(Table::of);
        let unknown_table = || self.wrong("it names a table that this version does not have");
        if let Some(Json::Object(row)) = json.remove("row") {
            let table = table(json.get("table")).ok_or_else(unknown_table)?;
            let row = row_of(table, row).map_err(|why| self.wrong(why))?;
            return Ok(Line::Row(table, row));
        }
        let rows = json.get("rows").and_then(Json::as_u64);
        let sha256 = json.get("sha256").and_then(Json::as_str).map(str::to_owned);
        match (rows, sha256) {
            (Some(rows), Some(sha256)) if json.contains_key("end_of_export") => Ok(Line::End(rows, sha256)),
            (Some(rows), Some(sha256)) if json.contains_key("end") => {
                let table = table(json.get("end")).ok_or_else(unknown_table)?;
                Ok(Line::EndOfTable(table, rows, sha256))
            }
            _ => Err(self.wrong("it is not a line of an export")),
        }
    }
}
