//! Just enough DER (ITU-T X.690) for SubjectPublicKeyInfo (RFC 5280) and PKCS#8 (RFC 5958).

use super::curve_points::Curve;
use super::error::KeyError;
use super::material::{self, Private, Public};
use super::secret::SecretBytes;

/// Reads a SubjectPublicKeyInfo.
pub(super) fn public(der: &[u8]) -> Result<Public, KeyError> {
    let mut body = Der(der).only(SEQUENCE)?;
    let kind = Kind::read(body.element(SEQUENCE)?)?;
    let bits = body.bit_string(BIT_STRING)?;
    body.end()?;
    match kind {
        Kind::Rsa => {
            let mut key = Der(bits).only(SEQUENCE)?;
            let (n, e) = (key.positive()?, key.positive()?);
            key.end()?;
            material::rsa(n, e)
        }
        Kind::Ec(curve) => point(curve, bits),
        Kind::Ed25519 => material::ed25519(bits),
    }
}

/// Reads a PKCS#8 PrivateKeyInfo.
pub(super) fn private(der: &[u8]) -> Result<Private, KeyError> {
    let mut body = Der(der).only(SEQUENCE)?;
    let version = body.element(INTEGER)?;
    if !matches!(version, [0 | 1]) {
        return Err(KeyError::Der);
    }
    let kind = Kind::read(body.element(SEQUENCE)?)?;
    let key = body.element(OCTET_STRING)?;
    // Attributes and a copy of the public key may follow; they are not needed.
    match kind {
        Kind::Rsa => rsa_private(key),
        Kind::Ec(curve) => ec_private(curve, key),
        Kind::Ed25519 => {
            let seed = Der(key).only(OCTET_STRING)?.0;
            material::ed25519_private(SecretBytes::new(seed.to_vec()))
        }
    }
}

/// RSAPrivateKey (RFC 8017 appendix A.1.2), of two primes.
fn rsa_private(der: &[u8]) -> Result<Private, KeyError> {
    let mut key = Der(der).only(SEQUENCE)?;
    if key.element(INTEGER)? != [0] {
        return Err(KeyError::Der);
    }
    let (n, e) = (key.positive()?, key.positive()?);
    let mut part = || key.positive().map(|bytes| SecretBytes::new(bytes.to_vec()));
    let parts = [part()?, part()?, part()?, part()?, part()?, part()?];
    key.end()?;
    Ok(Private::Rsa {
        public: material::rsa(n, e)?,
        parts,
    })
}

/// ECPrivateKey (RFC 5915) with its optional public key, which ring needs.
fn ec_private(curve: Curve, der: &[u8]) -> Result<Private, KeyError> {
    let mut key = Der(der).only(SEQUENCE)?;
    if key.element(INTEGER)? != [1] {
        return Err(KeyError::Der);
    }
    let d = SecretBytes::new(key.element(OCTET_STRING)?.to_vec());
    if key.0.first() == Some(&PARAMETERS) {
        key.element(PARAMETERS)?;
    }
    if key.0.is_empty() {
        return Err(KeyError::NoPublicPart);
    }
    let mut public = Der(key.element(PUBLIC_KEY)?);
    let point = point(curve, public.bit_string(BIT_STRING)?)?;
    Ok(Private::Ec { public: point, d })
}

/// An uncompressed point. The compressed form is refused: RFC 7518 does not use it.
fn point(curve: Curve, bytes: &[u8]) -> Result<Public, KeyError> {
    match bytes.split_first() {
        Some((4, rest)) if rest.len() == 2 * curve.width() => {
            let (x, y) = rest.split_at(curve.width());
            material::ec(curve, x, y)
        }
        _ => Err(KeyError::Malformed("point")),
    }
}

enum Kind {
    Rsa,
    Ec(Curve),
    Ed25519,
}

impl Kind {
    /// AlgorithmIdentifier with exactly the parameters that the algorithm has.
    fn read(der: &[u8]) -> Result<Self, KeyError> {
        let mut body = Der(der);
        let kind = match body.element(OBJECT_IDENTIFIER)? {
            RSA_ENCRYPTION => {
                body.element(NULL)?;
                Self::Rsa
            }
            EC_PUBLIC_KEY => match body.element(OBJECT_IDENTIFIER)? {
                SECP256R1 => Self::Ec(Curve::P256),
                SECP384R1 => Self::Ec(Curve::P384),
                _ => return Err(KeyError::UnknownCurve),
            },
            ED25519 => Self::Ed25519,
            _ => return Err(KeyError::UnknownType),
        };
        body.end()?;
        Ok(kind)
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const PARAMETERS: u8 = 0xA0;
const PUBLIC_KEY: u8 = 0xA1;

const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
const SECP256R1: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
const SECP384R1: &[u8] = &[0x2B, 0x81, 0x04, 0, 0x22];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// The bytes not yet read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The contents of the next element, which has this tag.
    fn element(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let (first, rest) = self.0.split_first().ok_or(KeyError::Der)?;
        if *first != tag {
            return Err(KeyError::Der);
        }
        let (length, rest) = length(rest)?;
        let (contents, rest) = rest.split_at_checked(length).ok_or(KeyError::Der)?;
        self.0 = rest;
        Ok(contents)
    }

    /// The contents of the only element.
    fn only(mut self, tag: u8) -> Result<Self, KeyError> {
        let contents = self.element(tag)?;
        self.end()?;
        Ok(Self(contents))
    }

    /// A bit string of whole bytes.
    fn bit_string(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        match self.element(tag)?.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(KeyError::Der),
        }
    }

    /// A positive integer without its sign byte.
    fn positive(&mut self) -> Result<&'a [u8], KeyError> {
        match self.element(INTEGER)? {
            [0, magnitude @ ..] if magnitude.first() >= Some(&0x80) => Ok(magnitude),
            whole @ [1..=0x7F, ..] => Ok(whole),
            _ => Err(KeyError::Der),
        }
    }

    fn end(&self) -> Result<(), KeyError> {
        if self.0.is_empty() { Ok(()) } else { Err(KeyError::Der) }
    }
}

/// A definite length in its shortest form, up to 65535.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), KeyError> {
    match bytes {
        [short @ 0..=0x7F, rest @ ..] => Ok((usize::from(*short), rest)),
        [0x81, long @ 0x80..=0xFF, rest @ ..] => Ok((usize::from(*long), rest)),
        [0x82, high @ 1..=0xFF, low, rest @ ..] => Ok((usize::from(*high) << 8 | usize::from(*low), rest)),
        _ => Err(KeyError::Der),
    }
}
