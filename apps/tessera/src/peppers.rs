//! The peppers of imported passwords, sealed under the root key.

use auth_core::{Entropy, PepperOpener, SecretKey};
use keystore::{KeyPurpose, PlainKey, Sealer};
use zeroize::Zeroizing;

/// The name and the purpose are bound into the seal. They are part of what is at rest: they stay as they are.
const NAME: &str = "pepper";
const PURPOSE: &str = "passwords/pepper";

/// Seals and opens the peppers that stand in imported hashes.
#[derive(Debug)]
pub(crate) struct Peppers(Sealer);

impl Peppers {
    pub(crate) fn new(root: &SecretKey) -> Self {
        Self(Sealer::new(&root.derive("peppers of passwords")))
    }

    /// The bytes to store with each hash that was made with this pepper.
    pub(crate) fn seal(&self, pepper: &[u8], entropy: &dyn Entropy) -> anyhow::Result<Vec<u8>> {
        let pepper = PlainKey::new(NAME, pepper.to_vec())?;
        Ok(self.0.seal(&pepper, &KeyPurpose::from_stored(PURPOSE), entropy)?)
    }
}

impl PepperOpener for Peppers {
    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let opened = self.0.open(NAME, &KeyPurpose::from_stored(PURPOSE), sealed).ok()?;
        Some(Zeroizing::new(opened.expose().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use auth_core::SystemEntropy;

    use super::*;

    #[test]
    fn a_pepper_opens_under_the_root_key_that_sealed_it_alone() {
        let [mine, other] = [1, 2].map(|byte| Peppers::new(&SecretKey::from_bytes([byte; 32])));
        let sealed = mine.seal(b"a pepper", &SystemEntropy).unwrap();
        assert_eq!(mine.open(&sealed).unwrap().as_slice(), b"a pepper");
        assert!(other.open(&sealed).is_none());
        assert!(mine.open(&sealed[1..]).is_none());
    }
}
