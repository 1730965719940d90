//! Keys as checked numbers, whatever form they were read from.

use super::curve_points::{self, Curve};
use super::error::KeyError;
use super::rsa;
use super::secret::SecretBytes;
use crate::algorithm::Family;

/// A checked public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    /// Modulus and exponent, big-endian, in the fewest bytes.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point.
    Ec { curve: Curve, point: Vec<u8> },
    /// The key as RFC 8032 encodes it.
    Ed25519([u8; 32]),
}

/// A private key with its public part. ring checks that they belong together, when it gets them.
#[derive(Clone, Debug)]
pub(crate) enum Private {
    /// A shared secret.
    Hmac(SecretBytes),
    /// `parts` are d, p, q, dp, dq and qi.
    Rsa { public: Public, parts: [SecretBytes; 6] },
    /// `d` is the scalar, as long as a coordinate of the curve.
    Ec { public: Public, d: SecretBytes },
    /// The seed.
    Ed25519 { public: Option<Public>, seed: SecretBytes },
}

impl Public {
    pub(crate) fn family(&self) -> Family {
        match self {
            Self::Rsa { .. } => Family::Rsa,
            Self::Ec { curve: Curve::P256, .. } => Family::P256,
            Self::Ec { curve: Curve::P384, .. } => Family::P384,
            Self::Ed25519(_) => Family::Ed25519,
        }
    }
}

impl Private {
    pub(crate) fn family(&self) -> Family {
        match self {
            Self::Hmac(_) => Family::Hmac,
            Self::Rsa { public, .. } | Self::Ec { public, .. } => public.family(),
            Self::Ed25519 { .. } => Family::Ed25519,
        }
    }
}

/// Checks an RSA public key.
pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Public, KeyError> {
    rsa::check(n, e)?;
    Ok(Public::Rsa {
        n: n.to_vec(),
        e: e.to_vec(),
    })
}

/// Checks a point of a NIST curve.
pub(super) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Public, KeyError> {
    curve_points::uncompressed(curve, x, y).map(|point| Public::Ec { curve, point })
}

/// Checks an Ed25519 public key.
pub(super) fn ed25519(bytes: &[u8]) -> Result<Public, KeyError> {
    curve_points::ed25519(bytes).map(Public::Ed25519)
}

/// Checks the length of an Ed25519 seed.
pub(super) fn ed25519_private(seed: SecretBytes) -> Result<Private, KeyError> {
    match seed.expose().len() {
        32 => Ok(Private::Ed25519 { public: None, seed }),
        _ => Err(KeyError::Malformed("d")),
    }
}
