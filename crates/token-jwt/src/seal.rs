//! Private keys at rest: encrypted under a master key that is kept elsewhere.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::SecureRandom;

use crate::key::SecretBytes;

/// The form of what [`Sealer::seal`] makes: this byte, the nonce, the ciphertext with its tag.
const FORM: u8 = 1;

/// Encrypts private keys for storage and opens them again: ChaCha20-Poly1305 (RFC 8439) with a random nonce, bound to the
/// name of the key and to what it is for, so that a row that was cut, altered, or exchanged for another does not open.
pub struct Sealer(LessSafeKey);

/// A key was not sealed or did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The random source failed.
    Random,
    /// The master key is another, or the text was altered, or it belongs to another name or purpose; which of them
    /// cannot be told.
    Unopened,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "the random source failed",
            Self::Unopened => "the stored key does not open under this master key, name and purpose",
        })
    }
}

impl std::error::Error for SealError {}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(redacted)")
    }
}

impl Sealer {
    /// A sealer under 32 secret bytes, which serve no other purpose.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "the algorithm takes keys of 32 bytes")]
    pub fn new(master: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, master).expect("the algorithm takes keys of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts a private key.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal(
        &self,
        kid: &str,
        purpose: &str,
        key: &SecretBytes,
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| SealError::Random)?;
        let mut text = SecretBytes::new(key.expose().to_vec());
        let bound = Aad::from(context(kid, purpose));
        let nonce_once = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce_once, bound, text.expose_mut());
        let tag = tag.map_err(|_| SealError::Random)?;
        Ok([&[FORM], nonce.as_slice(), text.expose(), tag.as_ref()].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same name and purpose.
    ///
    /// # Errors
    /// [`SealError::Unopened`].
    pub fn open(&self, kid: &str, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, SealError> {
        let rest = sealed.strip_prefix(&[FORM]).ok_or(SealError::Unopened)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Unopened)?;
        let mut room = SecretBytes::new(text.to_vec());
        let bound = Aad::from(context(kid, purpose));
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound, room.expose_mut());
        let key = opened.map_err(|_| SealError::Unopened)?;
        Ok(SecretBytes::new(key.to_vec()))
    }
}

/// Name and purpose, so that no two pairs give one text.
fn context(kid: &str, purpose: &str) -> Vec<u8> {
    let length = (kid.len() as u64).to_be_bytes();
    let parts: [&[u8]; 5] = [b"token-jwt key", &[FORM], &length, kid.as_bytes(), purpose.as_bytes()];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    fn sealed() -> (Sealer, Vec<u8>) {
        let sealer = Sealer::new(&[7; 32]);
        let key = SecretBytes::new(b"canary key".to_vec());
        let sealed = sealer.seal("k1", "mechanics", &key, &SystemRandom::new()).unwrap();
        (sealer, sealed)
    }

    #[test]
    fn what_was_sealed_opens_for_its_name_and_purpose_alone() {
        let (sealer, sealed) = sealed();
        assert_eq!(sealer.open("k1", "mechanics", &sealed).unwrap().expose(), b"canary key");
        for (kid, purpose) in [
            ("k2", "mechanics"),
            ("k1", "login"),
            ("k1m", "echanics"),
            ("", "k1mechanics"),
        ] {
            assert_eq!(sealer.open(kid, purpose, &sealed).unwrap_err(), SealError::Unopened);
        }
        assert_eq!(
            Sealer::new(&[8; 32]).open("k1", "mechanics", &sealed).unwrap_err(),
            SealError::Unopened
        );
    }

    #[test]
    fn a_sealer_prints_nothing_and_its_errors_differ() {
        assert_eq!(format!("{:?}", Sealer::new(&[7; 32])), "Sealer(redacted)");
        assert!(SealError::Random.to_string().contains("random"));
        assert!(SealError::Unopened.to_string().contains("does not open"));
    }

    #[test]
    fn what_was_cut_or_altered_does_not_open() {
        let (sealer, sealed) = sealed();
        for i in 0..sealed.len() {
            assert!(sealer.open("k1", "mechanics", &sealed[..i]).is_err());
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert!(sealer.open("k1", "mechanics", &altered).is_err());
        }
    }

    #[test]
    fn the_key_is_not_in_what_is_stored_and_two_seals_differ() {
        let (_, one) = sealed();
        let (_, two) = sealed();
        assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
        assert_ne!(one, two);
    }
}
