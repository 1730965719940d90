//! Why a key was refused.

use std::fmt;

use crate::algorithm::{Algorithm, Family};
use crate::json::JsonError;

/// Why a key was refused when it was imported, generated or stored.
///
/// It says what is wrong to the operator who configures the key, and has no part of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The JWK or JWK Set is not strict JSON of the shape of RFC 7517.
    Json(JsonError),
    /// The text is not one PEM block with the label `PUBLIC KEY` or `PRIVATE KEY`, whichever was asked for.
    Pem,
    /// The bytes are not a DER `SubjectPublicKeyInfo` or PKCS#8 `PrivateKeyInfo`.
    Der,
    /// A member that this kind of key must have is missing.
    Missing(&'static str),
    /// A member is not base64url, or has a length or value that this kind of key cannot have.
    Malformed(&'static str),
    /// The key type (`kty`, or the algorithm of a DER key) is not supported.
    UnknownType,
    /// The curve is not P-256, P-384 or Ed25519.
    UnknownCurve,
    /// `alg` names no algorithm of this crate.
    UnknownAlgorithm,
    /// The key fits several algorithms and names none: the caller must choose one.
    AlgorithmAmbiguous,
    /// The key is of another kind than the algorithm needs, or names another algorithm.
    WrongAlgorithm {
        /// The algorithm that was asked for.
        asked: Algorithm,
        /// The kind of the key.
        key: Family,
    },
    /// `use` is not `sig`.
    NotForSignatures,
    /// `key_ops` does not allow what was asked for.
    OperationNotAllowed,
    /// An HMAC key is shorter than its hash (RFC 7518 section 3.2).
    HmacTooShort {
        /// The shortest allowed length in bytes.
        needed: usize,
        /// The length in bytes.
        found: usize,
    },
    /// An HMAC key can be guessed: a well-known word, a repeated pattern, or a public key used as a secret.
    WeakSecret,
    /// An RSA modulus has fewer than 2048 or more than 8192 bits.
    RsaSize {
        /// Bits of the modulus.
        bits: usize,
    },
    /// An RSA exponent is even, one, or longer than 33 bits.
    RsaExponent,
    /// An RSA modulus is even, or comes from a generator whose keys can be factored (ROCA).
    RsaModulus,
    /// A point is not on its curve.
    NotOnCurve,
    /// An Ed25519 key is of small order: every message verifies under some signature of it.
    SmallOrder,
    /// The private and the public part do not belong to one key.
    PartsDisagree,
    /// There is no private part.
    NoPrivatePart,
    /// A private key was given without its public part.
    NoPublicPart,
    /// A `kid` is empty, longer than 256 bytes, or has control characters.
    Kid,
    /// A set holds both shared secrets and public keys (RFC 8725 section 3.1).
    MixedSet,
    /// Two keys of a set have the same `kid`.
    RepeatedKid,
    /// A set of several keys has one without `kid`, which no token could select.
    UnnamedInSet,
    /// A set has no key that can be used here.
    EmptySet,
    /// The random source failed.
    Random,
}

impl std::error::Error for KeyError {}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key refused: ")?;
        f.write_str(match self {
            Self::Json(error) => return write!(f, "{error}"),
            Self::Missing(member) => return write!(f, "member `{member}` is missing"),
            Self::Malformed(member) => return write!(f, "member `{member}` is malformed"),
            Self::WrongAlgorithm { asked, key } => {
                return write!(
                    f,
                    "it is a key of the kind {key:?} or names another algorithm, not one for {asked}"
                );
            }
            Self::HmacTooShort { needed, found } => {
                return write!(f, "an HMAC key of {found} bytes where at least {needed} are needed");
            }
            Self::RsaSize { bits } => return write!(f, "an RSA modulus of {bits} bits, not 2048 to 8192"),
            Self::Pem => "not one PEM block of the expected label (PKCS#8 `PRIVATE KEY`, or `PUBLIC KEY`)",
            Self::Der => "not a DER key in PKCS#8 or SubjectPublicKeyInfo form",
            Self::UnknownType => "the key type is not supported",
            Self::UnknownCurve => "the curve is not supported",
            Self::UnknownAlgorithm => "`alg` names no supported algorithm",
            Self::AlgorithmAmbiguous => "the key fits several algorithms and names none",
            Self::NotForSignatures => "`use` is not `sig`",
            Self::OperationNotAllowed => "`key_ops` does not allow this use",
            Self::WeakSecret => "the HMAC key can be guessed; generate one at random",
            Self::RsaExponent => "the RSA exponent is even, one or too large",
            Self::RsaModulus => "the RSA modulus is even or can be factored (ROCA)",
            Self::NotOnCurve => "the point is not on its curve",
            Self::SmallOrder => "the Ed25519 key is of small order",
            Self::PartsDisagree => "the private and the public part do not belong to one key",
            Self::NoPrivatePart => "there is no private part",
            Self::NoPublicPart => "the private key lacks its public part",
            Self::Kid => "`kid` is empty, longer than 256 bytes or has control characters",
            Self::MixedSet => "the set mixes shared secrets with public keys",
            Self::RepeatedKid => "the set has one `kid` twice",
            Self::UnnamedInSet => "the set has several keys and one of them has no `kid`",
            Self::EmptySet => "the set has no key that can be used here",
            Self::Random => "the random source failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_is_wrong_and_of_which_key() {
        let wrong = KeyError::WrongAlgorithm {
            asked: Algorithm::ES256,
            key: Family::Rsa,
        };
        for (error, parts) in [
            (KeyError::Der, ["key refused: ", "DER"]),
            (KeyError::Missing("crv"), ["`crv`", "missing"]),
            (KeyError::Malformed("x"), ["`x`", "malformed"]),
            (wrong, ["Rsa", "ES256"]),
            (KeyError::HmacTooShort { needed: 48, found: 32 }, ["32", "48"]),
            (KeyError::RsaSize { bits: 1024 }, ["1024 bits", "2048"]),
        ] {
            let text = error.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
    }
}
