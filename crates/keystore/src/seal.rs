//! Keys at rest: encrypted under a master key that is kept elsewhere.

use std::fmt;

use auth_core::{Entropy, SecretKey, random_bytes};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::SealError;
use crate::plain::PlainKey;
use crate::stored::KeyPurpose;

/// The form of what [`Sealer::seal`] makes: this byte, the nonce, the ciphertext with its tag.
const FORM: u8 = 1;

/// The label of the bound data. It is part of what is at rest: it stays as it is.
const LABEL: &[u8] = b"token-jwt key";

/// Encrypts keys for storage and opens them again: ChaCha20-Poly1305 (RFC 8439) with a random nonce, bound to the name of
/// the key and to its purpose, so that a row that was cut, altered, or exchanged for another does not open.
pub struct Sealer(LessSafeKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(redacted)")
    }
}

impl Sealer {
    /// A sealer under a key that serves no other purpose.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "the algorithm takes keys of 32 bytes")]
    pub fn new(key: &SecretKey) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).expect("the algorithm takes keys of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts a key for this purpose.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal(&self, key: &PlainKey, purpose: &KeyPurpose, entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_LEN] = random_bytes(entropy).map_err(|_| SealError::Random)?;
        let mut text = Zeroizing::new(key.expose().to_vec());
        let bound = Aad::from(bound_data(key.name(), purpose));
        let nonce_once = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce_once, bound, &mut text);
        let tag = tag.map_err(|_| SealError::Random)?;
        Ok([&[FORM], nonce.as_slice(), text.as_slice(), tag.as_ref()].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same name and purpose.
    ///
    /// # Errors
    /// [`SealError::Unopened`].
    pub fn open(&self, name: &str, purpose: &KeyPurpose, sealed: &[u8]) -> Result<PlainKey, SealError> {
        let rest = sealed.strip_prefix(&[FORM]).ok_or(SealError::Unopened)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Unopened)?;
        let mut buffer = Zeroizing::new(text.to_vec());
        let bound = Aad::from(bound_data(name, purpose));
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, bound, &mut buffer);
        let secret = opened.map_err(|_| SealError::Unopened)?.to_vec();
        Ok(PlainKey::from_stored(name.to_owned(), Zeroizing::new(secret)))
    }
}

/// Name and purpose, so that no two pairs give one text.
fn bound_data(name: &str, purpose: &KeyPurpose) -> Vec<u8> {
    let length = (name.len() as u64).to_be_bytes();
    let parts: [&[u8]; 5] = [LABEL, &[FORM], &length, name.as_bytes(), purpose.as_str().as_bytes()];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use auth_core::{EntropyError, SystemEntropy};

    use super::*;

    /// Sealed by the code that was in `token-jwt` before, under the key 0, 1, 2, …, 31.
    const SEALED_BEFORE: &str = "012596aadaaa8a0bd5f36d1a6d0e4ecadfdbf102eaedb15941ce82e6f371599ae1b06b007f2018adc423729d\
                                 a1d29c3fc5acd9";

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&SecretKey::from_bytes([byte; 32]))
    }

    fn purpose(text: &str) -> KeyPurpose {
        KeyPurpose::from_stored(text)
    }

    fn sealed() -> (Sealer, Vec<u8>) {
        let sealer = sealer(7);
        let key = PlainKey::new("k1", b"canary key".to_vec()).unwrap();
        let sealed = sealer.seal(&key, &purpose("mechanics"), &SystemEntropy).unwrap();
        (sealer, sealed)
    }

    fn opens(sealer: &Sealer, name: &str, text: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let opened = sealer.open(name, &purpose(text), sealed);
        opened.map(|key| key.expose().to_vec())
    }

    #[test]
    fn a_key_that_was_sealed_before_opens() {
        let bytes = (0..SEALED_BEFORE.len()).step_by(2);
        let sealed: Vec<u8> = bytes
            .map(|at| u8::from_str_radix(&SEALED_BEFORE[at..at + 2], 16).unwrap())
            .collect();
        let sealer = Sealer::new(&SecretKey::from_bytes(std::array::from_fn(|index| index as u8)));
        let opened = opens(&sealer, "SUNfXtm3qcr5XnZ7", "mechanics/HS256", &sealed);
        assert_eq!(opened.unwrap(), b"a stored key of before");
    }

    #[test]
    fn what_was_sealed_opens_for_its_name_and_purpose_alone() {
        let (sealer_7, sealed) = sealed();
        assert_eq!(opens(&sealer_7, "k1", "mechanics", &sealed).unwrap(), b"canary key");
        for (name, text) in [
            ("k2", "mechanics"),
            ("k1", "login"),
            ("k1m", "echanics"),
            ("", "k1mechanics"),
        ] {
            assert_eq!(opens(&sealer_7, name, text, &sealed).unwrap_err(), SealError::Unopened);
        }
        let other = opens(&sealer(8), "k1", "mechanics", &sealed);
        assert_eq!(other.unwrap_err(), SealError::Unopened);
    }

    #[test]
    fn a_sealer_prints_nothing_and_its_errors_differ() {
        assert_eq!(format!("{:?}", sealer(7)), "Sealer(redacted)");
        assert!(SealError::Random.to_string().contains("random"));
        assert!(SealError::Unopened.to_string().contains("does not open"));
    }

    #[test]
    fn what_was_cut_or_altered_does_not_open() {
        let (sealer, sealed) = sealed();
        for i in 0..sealed.len() {
            assert!(opens(&sealer, "k1", "mechanics", &sealed[..i]).is_err());
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert!(opens(&sealer, "k1", "mechanics", &altered).is_err());
        }
    }

    #[test]
    fn the_key_is_not_in_what_is_stored_and_two_seals_differ() {
        let (_, one) = sealed();
        let (_, two) = sealed();
        assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
        assert_ne!(one, two);
    }

    #[test]
    fn without_random_bytes_nothing_is_sealed() {
        #[derive(Debug)]
        struct Nothing;
        impl Entropy for Nothing {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        let key = PlainKey::new("k1", b"canary key".to_vec()).unwrap();
        let sealed = sealer(7).seal(&key, &purpose("mechanics"), &Nothing);
        assert_eq!(sealed.unwrap_err(), SealError::Random);
    }
}
