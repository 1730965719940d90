//! scrypt (RFC 7914).

use zeroize::Zeroizing;

use super::ForeignHashError;
use super::limits::check_memory;
use super::phc::Phc;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct ScryptHash {
    log_n: u8,
    r: u32,
    p: u32,
    salt: Vec<u8>,
    pub(super) expected: Vec<u8>,
}

impl ScryptHash {
    pub(super) fn read(phc: Phc<'_>) -> Result<Self, ForeignHashError> {
        let [log_n, r, p] = phc.params(["ln", "r", "p"])?;
        let memory = 1_u64.checked_shl(log_n).unwrap_or(u64::MAX);
        check_memory(memory.saturating_mul(128).saturating_mul(r.into()), p.into())?;
        if phc.version.is_some() {
            return Err(phc.wrong("the version"));
        }
        if [log_n, r, p].contains(&0) {
            return Err(phc.wrong("a parameter"));
        }
        Ok(Self {
            // Memory is bounded, so this is below 32.
            log_n: log_n as u8,
            r,
            p,
            salt: phc.salt,
            expected: phc.hash,
        })
    }

    pub(super) fn compute(&self, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut hash = Zeroizing::new(vec![0; self.expected.len()]);
        let params = scrypt::Params::new(self.log_n, self.r, self.p, hash.len()).ok()?;
        scrypt::scrypt(password, &self.salt, &params, &mut hash).ok()?;
        Some(hash)
    }
}
