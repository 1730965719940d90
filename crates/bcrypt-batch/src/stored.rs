//! A stored hash: parsed strictly, compared in constant time, and written exactly as it was read.

use core::fmt;
use core::ops::RangeInclusive;

use subtle::ConstantTimeEq;

use crate::{Cost, base64};

/// The length of every stored hash in characters: `$2b$12$`, 22 of salt, 31 of digest.
const LENGTH: usize = 60;

/// A bcrypt hash: version, cost, salt and digest.
///
/// `Debug` shows neither salt nor digest; [`to_text`](Self::to_text) returns them.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash {
    version: Version,
    cost: Cost,
    salt: [u8; 16],
    digest: [u8; 23],
}

impl StoredHash {
    /// Parses a stored hash, if its cost is `accepted` ([`Cost::ACCEPTED`] is a good choice).
    ///
    /// `$2a$`, `$2b$` and `$2y$` mean the same, correct algorithm and are accepted. Text that no bcrypt implementation
    /// writes is refused. This does not hash.
    ///
    /// # Errors
    /// [`MalformedHash`] says what is wrong.
    ///
    /// # Security
    /// `text` may be anything: this does not panic and takes no longer for it. When a login is refused for this, run a
    /// [`Job::decoy`](crate::Job::decoy) all the same.
    pub fn parse(text: &str, accepted: &RangeInclusive<Cost>) -> Result<Self, MalformedHash> {
        let text = text.as_bytes();
        let version = Version::read(text)?;
        if text.len() != LENGTH {
            return Err(MalformedHash::WrongLength { bytes: text.len() });
        }
        let cost = read_cost(&text[4..7], accepted)?;
        Ok(Self {
            version,
            cost,
            salt: base64::decode(&text[7..29]).ok_or(MalformedHash::Salt)?,
            digest: base64::decode(&text[29..]).ok_or(MalformedHash::Digest)?,
        })
    }

    /// The cost of the hash.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The 60 characters to store.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(self.version.prefix());
        let cost = self.cost.exponent();
        text.extend([cost / 10, cost % 10].map(|digit| char::from(b'0' + digit as u8)));
        text.push('$');
        base64::encode(&self.salt, &mut text);
        base64::encode(&self.digest, &mut text);
        text
    }

    /// A new hash, written as `$2b$`.
    pub(crate) fn new(cost: Cost, salt: [u8; 16], digest: [u8; 23]) -> Self {
        Self {
            version: Version::B,
            cost,
            salt,
            digest,
        }
    }

    pub(crate) fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Whether `digest` is the digest of this hash, in a time that does not depend on where they differ.
    pub(crate) fn has_digest(&self, digest: &[u8; 23]) -> bool {
        self.digest.ct_eq(digest).into()
    }
}

fn read_cost(text: &[u8], accepted: &RangeInclusive<Cost>) -> Result<Cost, MalformedHash> {
    let &[tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'$'] = text else {
        return Err(MalformedHash::CostSyntax);
    };
    let exponent = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    Cost::new(exponent)
        .ok()
        .filter(|cost| accepted.contains(cost))
        .ok_or(MalformedHash::CostRefused { exponent })
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredHash")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

/// The versions of the correct algorithm, stored so that a hash is written as it was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    A,
    B,
    Y,
}

impl Version {
    fn read(text: &[u8]) -> Result<Self, MalformedHash> {
        match text.get(..4) {
            Some(b"$2a$") => Ok(Self::A),
            Some(b"$2b$") => Ok(Self::B),
            Some(b"$2y$") => Ok(Self::Y),
            Some(b"$2x$") => Err(MalformedHash::BuggyVersion),
            _ => Err(MalformedHash::UnknownVersion),
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::A => "$2a$",
            Self::B => "$2b$",
            Self::Y => "$2y$",
        }
    }
}

/// Why a stored hash is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MalformedHash {
    /// It does not begin with `$2a$`, `$2b$` or `$2y$`.
    UnknownVersion,
    /// It begins with `$2x$`: the implementation of 2011 that misread bytes above 127, so that different passwords
    /// match. It cannot be used to sign in; the account needs a new password.
    BuggyVersion,
    /// It does not have 60 bytes.
    WrongLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The cost is not two digits and a `$`.
    CostSyntax,
    /// The cost is outside the accepted range, or not a bcrypt cost.
    CostRefused {
        /// The cost in the hash.
        exponent: u32,
    },
    /// The salt is not 16 bytes in bcrypt's base64, or not in the form that an encoder writes.
    Salt,
    /// The digest is not 23 bytes in bcrypt's base64, or not in the form that an encoder writes.
    Digest,
}

impl fmt::Display for MalformedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion => f.write_str("not a bcrypt hash"),
            Self::BuggyVersion => {
                f.write_str("a $2x$ hash of the faulty implementation, which matches wrong passwords")
            }
            Self::WrongLength { bytes } => write!(f, "a bcrypt hash has {LENGTH} bytes, not {bytes}"),
            Self::CostSyntax => f.write_str("the cost is not two digits"),
            Self::CostRefused { exponent } => write!(f, "the cost {exponent} is not accepted"),
            Self::Salt => f.write_str("the salt is not 16 bytes in canonical base64"),
            Self::Digest => f.write_str("the digest is not 23 bytes in canonical base64"),
        }
    }
}

impl core::error::Error for MalformedHash {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cost, MalformedHash, StoredHash};

    const GOOD: &str = "$2b$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";

    fn refusal(text: &str) -> Option<MalformedHash> {
        StoredHash::parse(text, &Cost::ACCEPTED).err()
    }

    #[test]
    fn each_refusal_has_its_own_error() {
        let with = |from: &str, to: &str| refusal(&GOOD.replacen(from, to, 1));
        assert_eq!(refusal(""), Some(MalformedHash::UnknownVersion));
        assert_eq!(with("$2b$", "$2c$"), Some(MalformedHash::UnknownVersion));
        assert_eq!(with("$2b$", "$2x$"), Some(MalformedHash::BuggyVersion));
        assert_eq!(refusal(&GOOD[..59]), Some(MalformedHash::WrongLength { bytes: 59 }));
        assert_eq!(with("$04$", "$+4$"), Some(MalformedHash::CostSyntax));
        assert_eq!(with("$04$", "$041"), Some(MalformedHash::CostSyntax));
        assert_eq!(with("$04$", "$03$"), Some(MalformedHash::CostRefused { exponent: 3 }));
        assert_eq!(with("$04$", "$17$"), Some(MalformedHash::CostRefused { exponent: 17 }));
        assert_eq!(with("$04$", "$99$"), Some(MalformedHash::CostRefused { exponent: 99 }));
        assert_eq!(with("uu5s", "uv5s"), Some(MalformedHash::Salt));
        assert_eq!(with("eBui", "eBuj"), Some(MalformedHash::Digest));
    }

    #[test]
    fn the_caller_chooses_the_accepted_costs() {
        let hash = GOOD.replace("$04$", "$31$");
        assert!(StoredHash::parse(&hash, &(Cost::LOWEST..=Cost::HIGHEST)).is_ok());
        let ten = Cost::new(10).unwrap();
        assert_eq!(
            StoredHash::parse(GOOD, &(ten..=ten)).err(),
            Some(MalformedHash::CostRefused { exponent: 4 })
        );
    }

    #[test]
    fn a_hash_is_written_as_it_was_read() {
        for text in [
            GOOD.to_owned(),
            GOOD.replace("2b", "2a"),
            GOOD.replace("2b$04", "2y$16"),
        ] {
            assert_eq!(StoredHash::parse(&text, &Cost::ACCEPTED).unwrap().to_text(), text);
        }
    }

    #[test]
    fn salt_and_digest_do_not_print() {
        let hash = StoredHash::parse(GOOD, &Cost::ACCEPTED).unwrap();
        assert_eq!(format!("{hash:?}"), "StoredHash { cost: Cost(4), .. }");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_written_as_it_was_read(text in "(\\$2[abxy]\\$)?.{0,60}") {
            if let Ok(hash) = StoredHash::parse(&text, &Cost::ACCEPTED) {
                prop_assert_eq!(hash.to_text(), text);
            }
        }

        #[test]
        fn one_changed_character_is_refused_or_written_as_it_was_read(at in 0..60_usize, character: char) {
            let text: String = GOOD.chars().enumerate().map(|(i, c)| if i == at { character } else { c }).collect();
            if let Ok(hash) = StoredHash::parse(&text, &Cost::ACCEPTED) {
                prop_assert_eq!(hash.to_text(), text);
            }
        }
    }
}
