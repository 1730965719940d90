//! PBKDF2 (RFC 8018 5.2) with HMAC-SHA-256 or HMAC-SHA-512.

use pbkdf2::pbkdf2_hmac;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::ForeignHashError;
use super::limits::check_rounds;
use super::phc::Phc;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pbkdf2Hash {
    function: Function,
    rounds: u32,
    salt: Vec<u8>,
    pub(super) expected: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Sha256,
    Sha512,
}

impl Function {
    /// The bytes of its output. A longer hash would take the rounds once more.
    const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Pbkdf2Hash {
    pub(super) fn read(phc: Phc<'_>) -> Result<Self, ForeignHashError> {
        let [rounds] = phc.params(["i"])?;
        check_rounds(rounds.into())?;
        let function = match phc.scheme {
            "pbkdf2-sha512" => Function::Sha512,
            _ => Function::Sha256,
        };
        if phc.version.is_some() {
            return Err(phc.wrong("the version"));
        }
        if rounds == 0 {
            return Err(phc.wrong("i"));
        }
        if phc.hash.len() > function.length() {
            return Err(phc.wrong("the hash"));
        }
        Ok(Self {
            function,
            rounds,
            salt: phc.salt,
            expected: phc.hash,
        })
    }

    pub(super) const fn name(&self) -> &'static str {
        match self.function {
            Function::Sha256 => "pbkdf2-sha256",
            Function::Sha512 => "pbkdf2-sha512",
        }
    }

    pub(super) fn compute(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut hash = Zeroizing::new(vec![0; self.expected.len()]);
        match self.function {
            Function::Sha256 => pbkdf2_hmac::<Sha256>(password, &self.salt, self.rounds, &mut hash),
            Function::Sha512 => pbkdf2_hmac::<Sha512>(password, &self.salt, self.rounds, &mut hash),
        }
        hash
    }
}
