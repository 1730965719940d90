//! What a strategy gives for its keys.

use std::fmt;
use std::time::Duration;

use auth_core::SecretKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::KeyFormatError;
use crate::plain::PlainKey;

/// Makes, reads and writes keys of one algorithm. A strategy implements it once for each algorithm or purpose.
pub trait KeyFormat: fmt::Debug + Send + Sync + 'static {
    /// The name of the algorithm, as [`KeyPurpose`](crate::KeyPurpose) has it.
    fn algorithm(&self) -> &str;

    /// For how long a new key should be published before it signs, where an operator gives no other time: long enough
    /// for everyone who keeps a copy of the keys to fetch it.
    fn publish_for(&self) -> Duration;

    /// Makes a new key with a random name.
    ///
    /// # Errors
    /// [`KeyFormatError::ImportOnly`] for an algorithm whose keys are only imported; [`KeyFormatError::Random`].
    ///
    /// # Security
    /// The secret comes from the operating system's random source.
    fn generate(&self) -> Result<PlainKey, KeyFormatError>;

    /// Reads a key that an operator brings, as text. The same key always gets the same name, so that it cannot be
    /// imported twice nor for two purposes: a digest of its public part, or, where it has none, what `namer` gives.
    ///
    /// # Errors
    /// [`KeyFormatError::NotAKey`]. The message does not repeat the text.
    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError>;

    /// Writes the public parts of keys, for those who verify tokens themselves.
    ///
    /// # Errors
    /// [`KeyFormatError::NoPublicKey`] for shared secrets; [`KeyFormatError::NotAKey`] for a damaged key.
    ///
    /// # Security
    /// Nothing secret is in the text.
    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError>;

    /// The public part of one key as a JWK (RFC 7517), for the server's JWK Set; `None` for a shared secret, and for a
    /// strategy whose keys have no JWK, which is the default.
    ///
    /// # Errors
    /// [`KeyFormatError::NotAKey`] for a damaged key.
    ///
    /// # Security
    /// Nothing secret is in the text. It has the key's name as `kid`, its `alg`, and `"use":"sig"`.
    fn public_jwk(&self, _key: &PlainKey) -> Result<Option<String>, KeyFormatError> {
        Ok(None)
    }

    /// Whether two keys have one secret, whatever their names and algorithms. By default: whether their bytes are equal; a
    /// format that writes a name or an algorithm into the bytes compares the secrets.
    ///
    /// `stored` may be another strategy's key.
    fn is_same(&self, stored: &PlainKey, key: &PlainKey) -> bool {
        stored.expose() == key.expose()
    }

    /// Whether a key that was opened can be used.
    ///
    /// # Errors
    /// [`KeyFormatError::NotAKey`].
    fn check(&self, key: &PlainKey) -> Result<(), KeyFormatError>;
}

/// Names shared secrets: the same secret always gets the same name, and without the master key the name gives nothing
/// away: it does not confirm a secret that someone tries.
pub struct KeyNamer(SecretKey);

/// How many bytes of the digest make a name.
const NAME_BYTES: usize = 12;

impl KeyNamer {
    /// A namer under a key that serves no other purpose.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The name of a secret: 16 characters of base64url.
    #[must_use]
    pub fn name(&self, secret: &[u8]) -> String {
        let digest = self.0.mac(&[secret]);
        URL_SAFE_NO_PAD.encode(&digest[..NAME_BYTES])
    }
}

impl fmt::Debug for KeyNamer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyNamer(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secret_has_the_same_name_under_one_master_key() {
        let namer = |byte| KeyNamer::new(SecretKey::from_bytes([byte; 32]));
        assert_eq!(namer(1).name(b"secret"), namer(1).name(b"secret"));
        assert_eq!(namer(1).name(b"secret").len(), 16);
        assert_ne!(namer(1).name(b"secret"), namer(1).name(b"another"));
        assert_ne!(namer(1).name(b"secret"), namer(2).name(b"secret"));
        assert_eq!(format!("{:?}", namer(1)), "KeyNamer(redacted)");
    }
}
