//! What is stored of a password: the text names its scheme.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bcrypt_batch::{Cost, MAX_PASSWORD_BYTES, MalformedHash, StoredHash};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::foreign_hash::{ForeignHash, ForeignHashError};
use crate::contract::peppers::PepperOpener;

/// A stored hash of a password, parsed. `Debug` shows neither salt nor hash.
///
/// | text | scheme |
/// |---|---|
/// | `$2b$12$…`, also `$2a$` and `$2y$` | bcrypt; new hashes have this form |
/// | `$bcrypt-sha256$2b$12$…` | bcrypt over the SHA-256 of the password in hexadecimal digits |
/// | `$bcrypt-pepper$<sealed pepper>$2b$12$…` | bcrypt over the password with a pepper appended, of both the first 72 bytes |
/// | `$argon2id$…`, `$scrypt$…`, `$pbkdf2-sha256$…` | see [`ForeignHash`] |
#[derive(Clone, Debug)]
pub enum StoredPassword {
    /// A hash as new ones are.
    Bcrypt(StoredHash),
    /// A bcrypt hash of a text that was made of the password.
    PreparedBcrypt(StoredHash, Preparation),
    /// Another scheme's.
    Foreign(ForeignHash),
}

/// What another system made of a password before bcrypt.
#[derive(Clone)]
pub enum Preparation {
    /// Its SHA-256 in lower-case hexadecimal digits.
    Sha256Hex,
    /// The password with this pepper appended.
    Pepper(Zeroizing<Vec<u8>>),
}

/// Why a stored hash is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableHash {
    /// It is no usable bcrypt hash.
    #[error("{0}")]
    Bcrypt(MalformedHash),
    /// It is no usable hash of another scheme.
    #[error(transparent)]
    Foreign(#[from] ForeignHashError),
    /// Its pepper does not open.
    #[error("its pepper does not open under this server's key")]
    Pepper,
}

impl StoredPassword {
    /// Parses a stored hash. This does not hash.
    ///
    /// # Errors
    /// [`UnusableHash`]: it is damaged, of an unknown scheme, or a check would cost too much.
    pub fn parse(text: &str, peppers: &dyn PepperOpener) -> Result<Self, UnusableHash> {
        if let Some(hash) = text.strip_prefix("$bcrypt-sha256") {
            return Ok(Self::PreparedBcrypt(bcrypt(hash)?, Preparation::Sha256Hex));
        }
        if let Some(rest) = text.strip_prefix(PEPPERED) {
            let (sealed, hash) = rest.split_at(rest.find('$').ok_or(UnusableHash::Pepper)?);
            let sealed = BASE64_URL_SAFE_NO_PAD
                .decode(sealed)
                .map_err(|_| UnusableHash::Pepper)?;
            let pepper = peppers.open(&sealed).ok_or(UnusableHash::Pepper)?;
            return Ok(Self::PreparedBcrypt(bcrypt(hash)?, Preparation::Pepper(pepper)));
        }
        match ForeignHash::names_scheme(text) {
            true => Ok(Self::Foreign(ForeignHash::parse(text)?)),
            false => bcrypt(text).map(Self::Bcrypt),
        }
    }

    /// The text to store for a bcrypt hash that was made with a pepper; `sealed` is what a [`PepperOpener`] opens.
    #[must_use]
    pub fn with_pepper(hash: &str, sealed: &[u8]) -> String {
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(sealed);
        format!("{PEPPERED}{sealed}{hash}")
    }

    /// Whether two texts are the same bcrypt hash with different peppers, or one of them with none.
    #[must_use]
    pub fn differs_in_pepper(one: &str, other: &str, peppers: &dyn PepperOpener) -> bool {
        let ((one, one_hash), (other, other_hash)) = (without_pepper(one), without_pepper(other));
        if one_hash != other_hash || !one_hash.starts_with("$2") {
            return false;
        }
        let open = |sealed: Option<&str>| peppers.open(&BASE64_URL_SAFE_NO_PAD.decode(sealed?).ok()?);
        match (one, other) {
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
            // One that does not open here is of no use.
            (Some(_), Some(_)) => match (open(one), open(other)) {
                (Some(one), Some(other)) => !bool::from(one.as_slice().ct_eq(&other)),
                _ => true,
            },
        }
    }
}

/// What begins the text of a hash with a pepper.
const PEPPERED: &str = "$bcrypt-pepper$";

/// The sealed pepper of a text, if it has one, and the rest.
fn without_pepper(text: &str) -> (Option<&str>, &str) {
    let rest = text.strip_prefix(PEPPERED);
    let apart = rest.and_then(|rest| Some(rest.split_at(rest.find('$')?)));
    apart.map_or((None, text), |(sealed, hash)| (Some(sealed), hash))
}

fn bcrypt(text: &str) -> Result<StoredHash, UnusableHash> {
    StoredHash::parse(text, &Cost::ACCEPTED).map_err(UnusableHash::Bcrypt)
}

impl From<StoredHash> for StoredPassword {
    fn from(hash: StoredHash) -> Self {
        Self::Bcrypt(hash)
    }
}

impl Preparation {
    /// What bcrypt hashes for this password.
    pub(super) fn apply(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Sha256Hex => {
                let digest = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(password)));
                let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                Zeroizing::new(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect())
            }
            Self::Pepper(pepper) => {
                let mut whole = Zeroizing::new(Vec::with_capacity(password.len() + pepper.len()));
                whole.extend_from_slice(password);
                whole.extend_from_slice(pepper);
                whole.truncate(MAX_PASSWORD_BYTES);
                whole
            }
        }
    }
}

impl fmt::Debug for Preparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256Hex => "Sha256Hex",
            Self::Pepper(_) => "Pepper(redacted)",
        })
    }
}
