//! Two types for one token: the plain text is shown once, and only the digest can be stored. Neither prints itself.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::entropy::{Entropy, EntropyError, random_bytes};

/// A secret in clear text: shown once to its owner, wiped when dropped. It has no `Clone`, no `Display` and no equality;
/// `Debug` prints a placeholder.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// Takes the text of a new secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, only for the answer to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its digest, which may be stored.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(redacted)")
    }
}

/// SHA-256 of a secret of at least 128 random bits, the only form that is stored.
///
/// It is fast on purpose: a random secret needs no work factor, and bcrypt would cut it at 72 bytes. Comparison takes the
/// same time wherever two digests differ. `Debug` prints a placeholder: with a digest from a log, a reader of the log
/// could recognise a token elsewhere.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a presented secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// A digest as it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(redacted)")
    }
}

/// 32 secret bytes that never leave the server: the master key, and keys derived from it, one for each purpose.
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A key of these bytes, which must come from a random source or from [`SecretKey::derive`].
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn random(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        random_bytes(entropy).map(Self::from_bytes)
    }

    /// The key for one purpose. Different labels give independent keys (HKDF-Expand of one block, RFC 5869 2.3).
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        Self::from_bytes(self.mac(&[label.as_bytes(), &[1]]))
    }

    /// HMAC-SHA-256 (RFC 2104) over the parts, one after the other. All parts but one must be of fixed length, so that
    /// different lists of parts never give the same input.
    #[allow(clippy::missing_panics_doc, reason = "HMAC takes a key of any length, RFC 2104 3")]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("HMAC takes a key of any length");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    /// The bytes, for a cipher that takes them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints() {
        let plain = PlainToken::new("canary".into());
        let key = SecretKey::from_bytes([0x41; 32]);
        let shown = format!("{plain:?} {:?} {key:?}", plain.digest());
        assert_eq!(shown, "PlainToken(redacted) TokenDigest(redacted) SecretKey(redacted)");
    }

    #[test]
    fn digests_of_long_secrets_with_a_common_start_differ() {
        let (a, b) = (format!("{}a", "x".repeat(100)), format!("{}b", "x".repeat(100)));
        assert!(TokenDigest::of(a.as_bytes()) != TokenDigest::of(b.as_bytes()));
    }

    #[test]
    fn a_label_makes_another_key() {
        let master = SecretKey::from_bytes([7; 32]);
        assert_ne!(master.derive("a").expose(), master.derive("b").expose());
        assert_eq!(master.derive("a").expose(), master.derive("a").expose());
    }

    /// RFC 4231, test case 2.
    #[test]
    fn mac_is_hmac_sha256() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = SecretKey::from_bytes(key).mac(&[b"what do ya ", b"want for nothing?"]);
        assert_eq!(mac[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }
}
