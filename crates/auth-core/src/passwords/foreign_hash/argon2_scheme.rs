//! Argon2 (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::ForeignHashError;
use super::limits::check_memory;
use super::phc::Phc;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    pub(super) expected: Vec<u8>,
}

impl Argon2Hash {
    pub(super) fn read(phc: Phc<'_>) -> Result<Self, ForeignHashError> {
        let [memory, passes, lanes] = phc.params(["m", "t", "p"])?;
        check_memory(u64::from(memory) << 10, passes.into())?;
        let params = Params::new(memory, passes, lanes, Some(phc.hash.len()));
        let version = match phc.version {
            Some(0x13) => Version::V0x13,
            // Texts of version 16 may leave it out.
            Some(0x10) | None => Version::V0x10,
            Some(_) => return Err(phc.wrong("the version")),
        };
        if phc.salt.len() < argon2::MIN_SALT_LEN {
            return Err(phc.wrong("the salt"));
        }
        Ok(Self {
            algorithm: match phc.scheme {
                "argon2i" => Algorithm::Argon2i,
                "argon2d" => Algorithm::Argon2d,
                _ => Algorithm::Argon2id,
            },
            version,
            params: params.map_err(|_| phc.wrong("a parameter"))?,
            salt: phc.salt,
            expected: phc.hash,
        })
    }

    pub(super) const fn name(&self) -> &'static str {
        self.algorithm.as_str()
    }

    pub(super) fn compute(&self, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut hash = Zeroizing::new(vec![0; self.expected.len()]);
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        argon2.hash_password_into(password, &self.salt, &mut hash).ok()?;
        Some(hash)
    }
}
