//! How many rows a table has, and a digest of them.

use sha2::{Digest, Sha256};

use super::table::Table;
use super::value::Value;

/// SHA-256 over the rows of a table in the order of its key, and their number. The same on every database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableDigest {
    /// How many rows there are.
    pub rows: u64,
    /// SHA-256 over them.
    pub sha256: [u8; 32],
}

/// A digest of which not all rows have been read.
#[derive(Clone)]
pub(crate) struct TableDigester {
    table: &'static Table,
    rows: u64,
    hash: Sha256,
    row: Vec<u8>,
}

impl TableDigester {
    pub(crate) fn new(table: &'static Table) -> Self {
        let mut hash = Sha256::new();
        hash.update(table.name.as_bytes());
        Self {
            table,
            rows: 0,
            hash,
            row: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, row: &[Value]) {
        self.row.clear();
        let columns = self.table.columns.iter().zip(row);
        for (_, value) in columns.filter(|(column, _)| !column.local) {
            value.write_canonical(&mut self.row);
        }
        self.hash.update((self.row.len() as u64).to_be_bytes());
        self.hash.update(&self.row);
        self.rows += 1;
    }

    pub(crate) fn finish(self) -> TableDigest {
        TableDigest {
            rows: self.rows,
            sha256: self.hash.finalize().into(),
        }
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
