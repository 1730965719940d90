//! The two ends of the chain, signed: where what is kept begins, and the last seal.

use crate::contract::clock::Timestamp;

use super::cursor::AuditCursor;
use super::key::{AuditKey, same};
use super::seal::AuditSeal;

/// A signed mark: the chain goes from the beginning to this seal, has so many entries, and this hash.
///
/// The *start* is the last seal that was removed, so the first that is there follows it. The *end* is the last seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditMark {
    /// The seal's number; 0 for the beginning of a chain.
    pub number: i64,
    /// How many entries the chain has up to here.
    pub entries: i64,
    /// How far entries were read.
    pub cursor: AuditCursor,
    /// When the mark was made.
    pub at: Timestamp,
    /// The seal's `mac`; zeros for the beginning of a chain.
    pub mac: [u8; 32],
    /// HMAC-SHA-256 over all of this, and which of the two it is.
    pub proof: [u8; 32],
}

/// Which end a mark is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkedEnd {
    Start,
    End,
}

/// The marks of a chain, as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditMarks {
    /// Where what is kept begins.
    pub start: Option<AuditMark>,
    /// The last seal.
    pub end: Option<AuditMark>,
}

/// A mark that the key's holder did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mark is not signed with the key of the audit log")]
pub struct UnsignedMark;

impl AuditMark {
    /// One end of a chain without seals, whose first will have the number after this one.
    pub(super) fn empty(key: &AuditKey, which: MarkedEnd, number: i64, at: Timestamp) -> Self {
        Self::signed(key, which, (number, 0, AuditCursor::default(), [0; 32]), at)
    }

    /// The mark of a seal.
    pub(super) fn of(key: &AuditKey, which: MarkedEnd, seal: &AuditSeal, at: Timestamp) -> Self {
        Self::signed(key, which, (seal.number, seal.entries, seal.cursor, seal.mac), at)
    }

    pub(super) fn check(&self, key: &AuditKey, which: MarkedEnd) -> Result<(), UnsignedMark> {
        match same(&self.proof, &self.expected_proof(key, which)) {
            true => Ok(()),
            false => Err(UnsignedMark),
        }
    }

    fn signed(
        key: &AuditKey,
        which: MarkedEnd,
        (number, entries, cursor, mac): (i64, i64, AuditCursor, [u8; 32]),
        at: Timestamp,
    ) -> Self {
        let mut mark = Self {
            number,
            entries,
            cursor,
            at,
            mac,
            proof: [0; 32],
        };
        mark.proof = mark.expected_proof(key, which);
        mark
    }

    fn expected_proof(&self, key: &AuditKey, which: MarkedEnd) -> [u8; 32] {
        let which: &[u8; 5] = match which {
            MarkedEnd::Start => b"start",
            MarkedEnd::End => b"end  ",
        };
        let cursor = self.cursor;
        let numbers = [
            self.number,
            self.entries,
            cursor.settled,
            cursor.floor,
            cursor.highest,
            self.at.as_millis(),
        ];
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        key.mac(&[b"mark", which, &numbers, &self.mac])
    }
}
