//! The key that checks.

use std::fmt;
use std::sync::Arc;

use ring::hmac;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use super::curve_points::Curve;
use super::error::KeyError;
use super::kid::Kid;
use super::material::{self, Public};
use super::{der, pem, weak_secret};
use crate::algorithm::{Algorithm, Family};
use crate::base64url;
use crate::error::Reason;

/// A key that checks signatures of one algorithm.
///
/// A key is checked completely when it is made. `Debug` shows its algorithm and name. Cloning is cheap.
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: Option<Kid>,
    inner: Arc<Inner>,
}

struct Inner {
    check: Check,
    /// Absent for a shared secret.
    public: Option<Public>,
    /// Bytes of a signature; any other length is rejected.
    signature: usize,
}

enum Check {
    Hmac(hmac::Key),
    Rsa(&'static RsaParameters, RsaPublicKeyComponents<Vec<u8>>),
    Point(UnparsedPublicKey<Vec<u8>>),
    #[cfg(feature = "ed25519-dalek")]
    Edwards(ed25519_dalek::VerifyingKey),
}

impl VerifyingKey {
    /// A shared secret as raw bytes.
    ///
    /// # Errors
    /// [`KeyError::HmacTooShort`] below the length of the hash (RFC 7518 section 3.2), [`KeyError::WeakSecret`] for a
    /// pattern, a common word or the text of a public key, [`KeyError::WrongAlgorithm`] unless the algorithm is
    /// HS256, HS384 or HS512.
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let key = Self::dangerous_weak_hmac(algorithm, secret)?;
        if weak_secret::is_weak(secret) {
            Err(KeyError::WeakSecret)
        } else {
            Ok(key)
        }
    }

    /// As [`VerifyingKey::hmac`], but accepts a secret that can be guessed. For published test vectors only.
    #[doc(hidden)]
    pub fn dangerous_weak_hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let wrong = KeyError::WrongAlgorithm {
            asked: algorithm,
            key: Family::Hmac,
        };
        let hash = hash_of(algorithm).ok_or(wrong)?;
        let needed = hash.digest_algorithm().output_len();
        if secret.len() < needed {
            return Err(KeyError::HmacTooShort {
                needed,
                found: secret.len(),
            });
        }
        Ok(Self::new(
            algorithm,
            Check::Hmac(hmac::Key::new(hash, secret)),
            None,
            needed,
        ))
    }

    /// An Ed25519 public key as its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for another length, [`KeyError::NotOnCurve`], [`KeyError::SmallOrder`].
    pub fn ed25519(key: &[u8]) -> Result<Self, KeyError> {
        Self::from_public(Algorithm::EdDSA, material::ed25519(key)?)
    }

    /// A point of P-256 (ES256) or P-384 (ES384) as its two coordinates, big-endian and whole.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for coordinates of another length, [`KeyError::NotOnCurve`], [`KeyError::WrongAlgorithm`].
    pub fn ecdsa(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let curve = if algorithm == Algorithm::ES384 {
            Curve::P384
        } else {
            Curve::P256
        };
        Self::from_public(algorithm, material::ec(curve, x, y)?)
    }

    /// An RSA public key as modulus and exponent, big-endian in the fewest bytes.
    ///
    /// # Errors
    /// [`KeyError::RsaSize`], [`KeyError::RsaExponent`], [`KeyError::RsaModulus`], [`KeyError::WrongAlgorithm`].
    pub fn rsa(algorithm: Algorithm, modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        Self::from_public(algorithm, material::rsa(modulus, exponent)?)
    }

    /// A DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`KeyError::Der`], [`KeyError::UnknownType`], [`KeyError::UnknownCurve`], or what is wrong with the key.
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Self::from_public(algorithm, der::public(der)?)
    }

    /// A PEM block `PUBLIC KEY`.
    ///
    /// # Errors
    /// [`KeyError::Pem`], also for a private key or a certificate; else as [`VerifyingKey::from_der`].
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        Self::from_der(algorithm, pem::decode(pem, "PUBLIC KEY")?.expose())
    }

    /// The same key under another name.
    #[must_use]
    pub fn with_kid(self, kid: Kid) -> Self {
        self.named(Some(kid))
    }

    /// The name by which tokens select the key.
    #[must_use]
    pub fn kid(&self) -> Option<&Kid> {
        self.kid.as_ref()
    }

    /// The one algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature`, as bytes, is a signature of `message`. For callers who sign something other than tokens.
    /// Constant in time for a shared secret.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        if signature.len() != self.inner.signature {
            return false;
        }
        match &self.inner.check {
            Check::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Check::Rsa(parameters, key) => key.verify(parameters, message, signature).is_ok(),
            Check::Point(key) => key.verify(message, signature).is_ok(),
            #[cfg(feature = "ed25519-dalek")]
            Check::Edwards(key) => edwards_verifies(key, message, signature),
        }
    }

    pub(super) fn from_public(algorithm: Algorithm, public: Public) -> Result<Self, KeyError> {
        if algorithm.family() != public.family() {
            return Err(KeyError::WrongAlgorithm {
                asked: algorithm,
                key: public.family(),
            });
        }
        let (check, signature) = match &public {
            Public::Rsa { n, e } => {
                let key = RsaPublicKeyComponents {
                    n: n.clone(),
                    e: e.clone(),
                };
                (Check::Rsa(rsa_parameters(algorithm), key), n.len())
            }
            Public::Ec {
                curve: Curve::P256,
                point,
            } => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point.clone());
                (Check::Point(key), 64)
            }
            Public::Ec {
                curve: Curve::P384,
                point,
            } => {
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point.clone());
                (Check::Point(key), 96)
            }
            Public::Ed25519(key) => (ed25519(key)?, 64),
        };
        Ok(Self::new(algorithm, check, Some(public), signature))
    }

    pub(super) fn public(&self) -> Option<&Public> {
        self.inner.public.as_ref()
    }

    pub(super) fn named(self, kid: Option<Kid>) -> Self {
        Self { kid, ..self }
    }

    /// How many characters the signature segment of a token has.
    pub(crate) fn signature_characters(&self) -> usize {
        base64url::text_length(self.inner.signature)
    }

    /// Checks a signature segment.
    pub(crate) fn check(&self, message: &[u8], segment: &[u8]) -> Result<(), Reason> {
        // Only RSA has signatures longer than ES384's 96 bytes; the others do without the large buffer.
        match &self.inner.check {
            Check::Rsa(..) => self.check_in::<1024>(message, segment),
            _ => self.check_in::<96>(message, segment),
        }
    }

    fn check_in<const BYTES: usize>(&self, message: &[u8], segment: &[u8]) -> Result<(), Reason> {
        if segment.len() != self.signature_characters() {
            return Err(Reason::SignatureLength);
        }
        let mut buffer = [0; BYTES];
        let signature = base64url::decode(segment, &mut buffer).map_err(|_| Reason::SignatureEncoding)?;
        if self.verifies(message, signature) {
            Ok(())
        } else {
            Err(Reason::Signature)
        }
    }

    fn new(algorithm: Algorithm, check: Check, public: Option<Public>, signature: usize) -> Self {
        Self {
            algorithm,
            kid: None,
            inner: Arc::new(Inner {
                check,
                public,
                signature,
            }),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(not(feature = "ed25519-dalek"))]
#[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
fn ed25519(key: &[u8; 32]) -> Result<Check, KeyError> {
    let key = UnparsedPublicKey::new(&signature::ED25519, key.to_vec());
    Ok(Check::Point(key))
}

#[cfg(feature = "ed25519-dalek")]
fn ed25519(key: &[u8; 32]) -> Result<Check, KeyError> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key);
    key.map(Check::Edwards).map_err(|_| KeyError::NotOnCurve)
}

/// As ring does: `S` below the order of the group, and `R` byte for byte the point that the equation without the cofactor
/// gives (RFC 8032 5.1.7).
#[cfg(feature = "ed25519-dalek")]
fn edwards_verifies(key: &ed25519_dalek::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    use ed25519_dalek::Verifier as _;
    let signature = ed25519_dalek::Signature::from_slice(signature);
    signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

pub(super) fn hash_of(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::HS256 => Some(hmac::HMAC_SHA256),
        Algorithm::HS384 => Some(hmac::HMAC_SHA384),
        Algorithm::HS512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

/// The algorithm must be one of RSA, as the caller has checked.
fn rsa_parameters(algorithm: Algorithm) -> &'static RsaParameters {
    match algorithm {
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => &signature::RSA_PKCS1_2048_8192_SHA256,
    }
}
