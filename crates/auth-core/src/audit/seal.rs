//! A seal: a stretch of the chain, over the entries of a second or so.

use crate::contract::clock::Timestamp;

use super::cursor::{AuditCursor, SettledEntries};
use super::key::{AuditKey, LINK, first_half, same};
use super::mark::AuditMark;

/// The length of one entry in the list of a seal, in bytes.
const LISTED: usize = 8 + LINK;

/// An entry in the list of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    /// The entry's number.
    pub sequence: i64,
    /// The hash of the entry and the link before it.
    pub link: [u8; LINK],
}

/// A list of entries that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of a seal is damaged")]
pub struct UnsealedLinks;

/// A stretch of the chain: the entries in their order, each linked to the one before it, and the first to the seal before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSeal {
    /// Its number: one more than the seal before it.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// How many entries the chain has, from its beginning to the end of this seal.
    pub entries: i64,
    /// How far entries were read for it.
    pub cursor: AuditCursor,
    /// Its entries.
    pub listed: Vec<SealedEntry>,
    /// The `mac` of the seal before it; zeros for the first.
    pub previous: [u8; 32],
    /// HMAC-SHA-256 over all of this.
    pub mac: [u8; 32],
}

impl AuditSeal {
    /// The seal of these entries, after the end of the chain.
    pub(super) fn of(key: &AuditKey, end: &AuditMark, page: &SettledEntries, at: Timestamp) -> Self {
        let mut before = first_half(&end.mac);
        let link = |row| {
            before = key.link(&before, row);
            SealedEntry {
                sequence: row.sequence,
                link: before,
            }
        };
        let listed: Vec<SealedEntry> = page.rows.iter().map(link).collect();
        let mut seal = Self {
            number: end.number + 1,
            at,
            entries: end.entries + listed.len() as i64,
            cursor: page.cursor,
            listed,
            previous: end.mac,
            mac: [0; 32],
        };
        seal.mac = seal.expected_mac(key);
        seal
    }

    /// Whether the key's holder made it, and it was not changed since.
    pub(super) fn is_genuine(&self, key: &AuditKey) -> bool {
        same(&self.mac, &self.expected_mac(key))
    }

    fn expected_mac(&self, key: &AuditKey) -> [u8; 32] {
        let numbers = [
            self.number,
            self.at.as_millis(),
            self.entries,
            self.cursor.settled,
            self.cursor.floor,
            self.cursor.highest,
        ];
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        key.mac(&[b"seal", &self.previous, &numbers, &self.links()])
    }

    /// Its list as bytes: for each entry 8 of its number, big-endian, and 16 of its link.
    pub fn links(&self) -> Vec<u8> {
        let bytes = |entry: &SealedEntry| [&entry.sequence.to_be_bytes()[..], &entry.link[..]].concat();
        self.listed.iter().flat_map(bytes).collect()
    }

    /// A list as it was stored.
    ///
    /// # Errors
    /// [`UnsealedLinks`] if the length is not that of a list.
    pub fn read_links(bytes: &[u8]) -> Result<Vec<SealedEntry>, UnsealedLinks> {
        let (listed, []) = bytes.as_chunks::<LISTED>() else {
            return Err(UnsealedLinks);
        };
        let read = |bytes: &[u8; LISTED]| {
            let (mut sequence, mut link) = ([0; 8], [0; LINK]);
            sequence.copy_from_slice(&bytes[..8]);
            link.copy_from_slice(&bytes[8..]);
            SealedEntry {
                sequence: i64::from_be_bytes(sequence),
                link,
            }
        };
        Ok(listed.iter().map(read).collect())
    }
}
