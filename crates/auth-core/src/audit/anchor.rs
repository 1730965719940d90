//! What of the chain is kept elsewhere, to find that its end was cut off.

use std::fmt;
use std::str::FromStr;

use super::key::{LINK, first_half};
use super::mark::AuditMark;

/// The number, count and hash of a seal, as the server logs them: `1042:88311:9f86d081884c7d659a2feaa0c55ad015`.
///
/// The end of a chain is the only thing in the database that says how long the chain is, and one who can write the database
/// can put an earlier one back, with its entries. A log that this writer cannot change has the later anchor.
///
/// # Security
/// The hash is of no use without the key; it may be written anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditAnchor {
    /// The seal's number.
    pub number: i64,
    /// How many entries the chain has up to there.
    pub entries: i64,
    /// The first half of the seal's hash.
    pub hash: [u8; LINK],
}

/// A text that is not an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an anchor is NUMBER:ENTRIES:HASH, the hash of 32 hexadecimal digits, as the server logs it")]
pub struct InvalidAnchor;

impl AuditAnchor {
    /// The anchor of a mark.
    pub fn of(mark: &AuditMark) -> Self {
        Self {
            number: mark.number,
            entries: mark.entries,
            hash: first_half(&mark.mac),
        }
    }

    /// Whether a seal with this number is the one that the anchor names.
    pub(super) fn fits(&self, entries: i64, mac: &[u8; 32]) -> bool {
        self.entries == entries && self.hash == first_half(mac)
    }
}

impl fmt::Display for AuditAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.number, self.entries)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for AuditAnchor {
    type Err = InvalidAnchor;

    fn from_str(text: &str) -> Result<Self, InvalidAnchor> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(InvalidAnchor);
        let number = |text: &str| text.parse::<i64>().map_err(|_| InvalidAnchor);
        let read = Self {
            number: number(part()?)?,
            entries: number(part()?)?,
            hash: hash_of(part()?).ok_or(InvalidAnchor)?,
        };
        // One anchor has one spelling.
        match read.to_string() == text {
            true => Ok(read),
            false => Err(InvalidAnchor),
        }
    }
}

fn hash_of(digits: &str) -> Option<[u8; LINK]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_has_one_spelling() {
        let text = "1042:88311:9f86d081884c7d659a2feaa0c55ad015";
        let anchor: AuditAnchor = text.parse().unwrap();
        assert_eq!((anchor.number, anchor.entries), (1042, 88311));
        assert_eq!(anchor.to_string(), text);
        for wrong in [
            "",
            "1042",
            "1042:88311",
            "1042:88311:9f86",
            "1042:88311:9F86d081884c7d659a2feaa0c55ad015",
            "01042:88311:9f86d081884c7d659a2feaa0c55ad015",
            "1042:88311:9f86d081884c7d659a2feaa0c55ad015:",
            "1042:88311:+f86d081884c7d659a2feaa0c55ad015",
            "1042:88311:9f86d081884c7d659a2feaa0c55ad01é",
        ] {
            assert_eq!(wrong.parse::<AuditAnchor>(), Err(InvalidAnchor), "{wrong}");
        }
    }
}
