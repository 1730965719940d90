//! By which digest an imported token is found.

use std::fmt;

use sha2::{Digest, Sha256, Sha512};

use crate::contract::secret::TokenDigest;

/// How long a text may be that can be an imported token.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=256;

/// How long the key before a secret may be.
const LONGEST_KEY: usize = 64;

/// The digest of an imported token, with the name of its scheme: `sha256$` or `sha512$` and hexadecimal digits in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ImportedDigest(String);

/// A text that is no digest of 32 bytes (SHA-256) or 64 bytes (SHA-512) in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no digest of the scheme in hexadecimal digits")]
pub struct MalformedDigest;

/// A text that no request can present as an imported token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("such a token is never accepted: it has to be 16 to 256 letters, digits, '-' and '_'")]
pub struct UnacceptableText;

impl ImportedDigest {
    /// The digest of a token that another system keeps in plain text.
    ///
    /// # Errors
    /// [`UnacceptableText`] if no request can present it.
    pub fn of_text(text: &str) -> Result<Self, UnacceptableText> {
        match is_word(text) {
            true => Ok(Self::sha256(text)),
            false => Err(UnacceptableText),
        }
    }

    /// The SHA-256 of a secret.
    pub fn sha256(secret: &str) -> Self {
        Self(format!("sha256${}", hex(&Sha256::digest(secret))))
    }

    /// The SHA-512 of a secret, as Knox stores it.
    pub fn sha512(secret: &str) -> Self {
        Self(format!("sha512${}", hex(&Sha512::digest(secret))))
    }

    /// The SHA-256 of these bytes, which another system stored.
    ///
    /// # Errors
    /// [`MalformedDigest`] if they are not 32.
    pub fn stored_sha256(bytes: &[u8]) -> Result<Self, MalformedDigest> {
        match bytes.len() {
            32 => Ok(Self(format!("sha256${}", hex(bytes)))),
            _ => Err(MalformedDigest),
        }
    }

    /// The SHA-512 of these bytes, which another system stored.
    ///
    /// # Errors
    /// [`MalformedDigest`] if they are not 64.
    pub fn stored_sha512(bytes: &[u8]) -> Result<Self, MalformedDigest> {
        match bytes.len() {
            64 => Ok(Self(format!("sha512${}", hex(bytes)))),
            _ => Err(MalformedDigest),
        }
    }

    /// As it was stored by this server.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest that the token's record has, which binds the two together: no record of another token has it.
    pub fn of_record(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for ImportedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportedDigest(redacted)")
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    })
}

/// The digests that a presented text may have been imported with.
pub(super) struct PresentedDigests {
    pub(super) all: Vec<ImportedDigest>,
    /// What stands before the secret, as a number.
    pub(super) number: Option<i64>,
}

impl PresentedDigests {
    /// `None` for a text that no supported system makes: one with a dot is signed, and others' tokens may have blanks.
    pub(super) fn of(text: &str) -> Option<Self> {
        if !LENGTHS.contains(&text.len()) {
            return None;
        }
        let (number, secret) = match text.split_once('|') {
            Some((key, secret)) => (Some(key_number(key)?), secret),
            None => (None, text),
        };
        if !is_word(secret) {
            return None;
        }
        let mut all = vec![ImportedDigest::sha256(secret)];
        if number.is_none() {
            all.push(ImportedDigest::sha512(secret));
        }
        Some(Self { all, number })
    }

    /// That of a text which another system has signed.
    pub(super) fn of_signed(text: &str) -> Self {
        Self {
            all: vec![ImportedDigest::sha256(text)],
            number: None,
        }
    }

    /// Whether a token with this number is meant: a text with a number means that one alone.
    pub(super) fn fits(&self, number: Option<i64>) -> bool {
        self.number.is_none() || self.number == number
    }
}

fn is_word(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(is_word_byte)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The number for the key that stands before the secret in a token of Sanctum: a positive number itself; for a UUID, a ULID or
/// another word with a letter, a negative one made of its SHA-256. `None`: it is none of these.
pub fn key_number(key: &str) -> Option<i64> {
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(is_word_byte);
    let has_letter = key.bytes().any(|b| b.is_ascii_alphabetic());
    if !(is_key && has_letter && key.as_bytes()[0].is_ascii_alphanumeric()) {
        return read_number(key);
    }
    let digest: [u8; 32] = Sha256::digest(key).into();
    let first = digest.first_chunk().map(|bytes| i64::from_be_bytes(*bytes))?;
    Some(first | i64::MIN)
}

/// The only spelling of a positive number.
fn read_number(text: &str) -> Option<i64> {
    let number = text.parse::<i64>().ok().filter(|number| *number > 0)?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_supported_systems_are_read_and_no_others() {
        let word = "Ab3-_".repeat(8);
        let number = |text: &str| PresentedDigests::of(text).map(|digests| (digests.number, digests.all.len()));
        assert_eq!(number(&word), Some((None, 2)));
        assert_eq!(number(&format!("17|{word}")), Some((Some(17), 1)));
        let key = "9d3c1c5e-6f7a-4b8e-9f00-1a2b3c4d5e6f";
        let of_key = number(&format!("{key}|{word}")).unwrap();
        assert_eq!(of_key, (key_number(key), 1));
        assert!(of_key.0.unwrap() < 0, "no number that a row may have");
        assert_ne!(key_number("01hzy3v7"), key_number("01hzy3v8"));
        for text in [
            "short",
            &format!("-a|{word}"),
            &format!("a b|{word}"),
            &format!("{}|{word}", "a".repeat(65)),
            &format!("0|{word}"),
            &format!("-1|{word}"),
            &format!("01|{word}"),
            &format!("+1|{word}"),
            &format!("1|1|{word}"),
            "1|aaaaaaaaaaaaaaa",
            &format!("{word}.{word}.{word}"),
            &format!("{word} {word}"),
            &"a".repeat(257),
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    /// FIPS 180-4's message `abc`.
    #[test]
    fn a_digest_is_the_same_however_the_other_system_kept_it() {
        let text = "sha256$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(ImportedDigest::sha256("abc").as_str(), text);
        assert_eq!(
            ImportedDigest::stored_sha256(&Sha256::digest("abc")),
            Ok(ImportedDigest::sha256("abc"))
        );
        assert_eq!(
            ImportedDigest::stored_sha512(&Sha512::digest("abc")),
            Ok(ImportedDigest::sha512("abc"))
        );
        assert_eq!(ImportedDigest::stored_sha512(&[1; 32]), Err(MalformedDigest));
        assert_eq!(
            format!("{:?}", ImportedDigest::sha256("abc")),
            "ImportedDigest(redacted)"
        );
    }
}
