//! Password hashes that another system made: Argon2, scrypt and PBKDF2.

mod argon2_scheme;
mod limits;
mod pbkdf2_scheme;
mod phc;
mod scrypt_scheme;

use std::fmt;

use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use argon2_scheme::Argon2Hash;
use pbkdf2_scheme::Pbkdf2Hash;
use phc::Phc;
use scrypt_scheme::ScryptHash;

/// The longest text that is read as a hash.
const MAX_LENGTH: usize = 512;

/// A hash of a scheme other than bcrypt, as a PHC string. Its first word names the scheme:
///
/// | text | scheme |
/// |---|---|
/// | `$argon2id$v=19$m=65536,t=4,p=1$<salt>$<hash>`, also `argon2i`, `argon2d`, and version 16 | Argon2 (RFC 9106) |
/// | `$scrypt$ln=14,r=8,p=1$<salt>$<hash>` | scrypt (RFC 7914) |
/// | `$scrypt-nfkc$ln=14,r=16,p=1$<salt>$<hash>` | the same over the password in the normal form NFKC |
/// | `$pbkdf2-sha256$i=600000$<salt>$<hash>`, also `pbkdf2-sha512` | PBKDF2 (RFC 8018) with HMAC |
///
/// Salt and hash are base64 with the standard alphabet and without padding. `Debug` shows the scheme and its cost, and neither
/// salt nor hash.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignHash(Box<Scheme>);

#[derive(Clone, PartialEq, Eq)]
enum Scheme {
    Argon2(Argon2Hash),
    Scrypt { hash: ScryptHash, nfkc: bool },
    Pbkdf2(Pbkdf2Hash),
}

/// Why a text is no usable hash of another system. No text repeats the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignHashError {
    /// Its first word is no known scheme.
    #[error("it names no scheme that is known")]
    UnknownScheme,
    /// It has not the form of its scheme.
    #[error("it is no whole hash of the scheme {scheme}: {part} is missing or wrong")]
    Malformed {
        /// The scheme.
        scheme: &'static str,
        /// What of it is wrong.
        part: &'static str,
    },
    /// One check would cost more than is allowed.
    #[error("a check would cost too much: {what} is {given}, and {most} is the most")]
    TooCostly {
        /// What is too much, with its unit.
        what: &'static str,
        /// How much it is.
        given: u64,
        /// How much it may be.
        most: u64,
    },
}

impl ForeignHash {
    /// Whether a text may be one of these: whether it begins with the name of a scheme.
    pub(super) fn names_scheme(text: &str) -> bool {
        let scheme = text.strip_prefix('$').and_then(|rest| rest.split('$').next());
        scheme.is_some_and(|scheme| SCHEMES.contains(&scheme))
    }

    /// Parses a hash, if its scheme is known and a check costs no more than is allowed: 128 MiB of memory, 512 MiB written in
    /// all passes of Argon2 or all lanes of scrypt, 4,000,000 rounds of PBKDF2. That is about one second. This does not hash.
    ///
    /// # Errors
    /// [`ForeignHashError`] says what is wrong.
    ///
    /// # Security
    /// `text` may be anything: this does not panic. The bounds are what a forged or damaged row could cost at most.
    pub fn parse(text: &str) -> Result<Self, ForeignHashError> {
        if text.len() > MAX_LENGTH {
            return Err(ForeignHashError::UnknownScheme);
        }
        let phc = Phc::parse(text, SCHEMES)?;
        let scheme = match phc.scheme {
            "scrypt" | "scrypt-nfkc" => Scheme::Scrypt {
                nfkc: phc.scheme == "scrypt-nfkc",
                hash: ScryptHash::read(phc)?,
            },
            "pbkdf2-sha256" | "pbkdf2-sha512" => Scheme::Pbkdf2(Pbkdf2Hash::read(phc)?),
            _ => Scheme::Argon2(Argon2Hash::read(phc)?),
        };
        Ok(Self(Box::new(scheme)))
    }

    /// The name of its scheme, as its text begins with it.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match &*self.0 {
            Scheme::Argon2(hash) => hash.name(),
            Scheme::Scrypt { nfkc: false, .. } => "scrypt",
            Scheme::Scrypt { nfkc: true, .. } => "scrypt-nfkc",
            Scheme::Pbkdf2(hash) => hash.name(),
        }
    }

    /// Whether this is the hash of `password`, compared in constant time. Takes as long as the scheme's cost says, and its
    /// memory, on the calling thread.
    #[must_use]
    pub fn matches(&self, password: &str) -> bool {
        match &*self.0 {
            Scheme::Argon2(hash) => same(&hash.expected, hash.compute(password.as_bytes())),
            Scheme::Scrypt { hash, nfkc: false } => same(&hash.expected, hash.compute(password.as_bytes())),
            Scheme::Scrypt { hash, nfkc: true } => {
                let normal = Zeroizing::new(password.nfkc().collect::<String>());
                same(&hash.expected, hash.compute(normal.as_bytes()))
            }
            Scheme::Pbkdf2(hash) => same(&hash.expected, Some(hash.compute(password.as_bytes()))),
        }
    }
}

/// The schemes, by the first word of their texts.
const SCHEMES: &[&str] = &[
    "argon2id",
    "argon2i",
    "argon2d",
    "scrypt",
    "scrypt-nfkc",
    "pbkdf2-sha256",
    "pbkdf2-sha512",
];

/// Whether a computed hash, if it could be computed, is the expected one.
fn same(expected: &[u8], computed: Option<Zeroizing<Vec<u8>>>) -> bool {
    computed.is_some_and(|computed| expected.ct_eq(&computed).into())
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignHash({}, redacted)", self.scheme())
    }
}

#[cfg(test)]
mod tests;
