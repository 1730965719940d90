//! Signing tokens.

use std::fmt;

use ring::rand::SecureRandom;
use serde::Serialize;

use crate::json::write_value;
use crate::key::{Kid, SigningKey};
use crate::{base64url, known_headers};

/// Signs tokens with one key.
///
/// The header is `{"typ":…,"alg":…,"kid":…}`, in this order, `kid` only if the key has a name; the claims are in the
/// order in which the caller's type has them.
pub struct Signer {
    key: SigningKey,
    header: String,
}

/// Why no token was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The claims have no strict JSON form: a number that is not finite, a name written twice, a map whose keys are neither
    /// text nor integers, or no object.
    Claims,
    /// The random source failed, or the signature could not be made.
    Random,
}

impl std::error::Error for SignError {}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claims => "the claims cannot be written as a strict JSON object",
            Self::Random => "the signature could not be made",
        })
    }
}

/// Without the header, which is a part of every token.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer of tokens of the type `JWT`.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self::with_type(key, "JWT")
    }

    /// A signer of tokens of another type, such as `at+jwt`.
    #[must_use]
    pub fn with_type(key: SigningKey, token_type: &str) -> Self {
        let kid = key.kid().map(Kid::as_str);
        let header = known_headers::segment(key.algorithm().name(), token_type, kid);
        Self { key, header }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs claims. Only ES256, ES384 and PS256 to PS512 use `random`.
    ///
    /// # Errors
    /// [`SignError::Claims`] if the claims are not an object that a strict reader accepts; [`SignError::Random`].
    pub fn sign<C: Serialize + ?Sized>(&self, claims: &C, random: &dyn SecureRandom) -> Result<String, SignError> {
        let mut json = Vec::with_capacity(256);
        write_value(claims, &mut json).map_err(|_| SignError::Claims)?;
        if json.first() != Some(&b'{') {
            return Err(SignError::Claims);
        }
        self.assemble(&json, random)
    }

    fn assemble(&self, json: &[u8], random: &dyn SecureRandom) -> Result<String, SignError> {
        let signature = self.key.verifying_key().signature_characters();
        let length = self.header.len() + base64url::text_length(json.len()) + signature + 2;
        let mut token = Vec::with_capacity(length);
        token.extend_from_slice(self.header.as_bytes());
        token.push(b'.');
        base64url::encode_onto(json, &mut token);
        let signature = self.key.signature(&token, random).map_err(|_| SignError::Random)?;
        token.push(b'.');
        base64url::encode_onto(signature.as_ref(), &mut token);
        // Dots and base64url are ASCII.
        String::from_utf8(token).map_err(|_| SignError::Claims)
    }
}
