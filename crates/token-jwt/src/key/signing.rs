//! The key that signs.

use std::fmt;

use ring::rand::SecureRandom;
use ring::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
};
use ring::{hmac, rsa};

use super::error::KeyError;
use super::kid::Kid;
use super::material::{self, Private, Public};
use super::secret::SecretBytes;
use super::verifying::{VerifyingKey, hash_of};
use super::{der, pem, private_jwk};
use crate::algorithm::{Algorithm, Family};

/// A key that signs with one algorithm, and the verifying key that belongs to it.
///
/// `Debug` shows its algorithm and name. The bytes that this crate holds are overwritten on drop; those inside ring's
/// own types are ring's.
pub struct SigningKey {
    verifying: VerifyingKey,
    private: Private,
    sign: Sign,
}

enum Sign {
    Hmac(hmac::Key),
    Ed25519(Ed25519KeyPair),
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
}

impl SigningKey {
    /// Makes a new random key.
    ///
    /// # Errors
    /// [`KeyError::Random`] if the source fails; [`KeyError::NoPrivatePart`] for RSA, whose keys are imported.
    pub fn generate(algorithm: Algorithm, random: &dyn SecureRandom) -> Result<Self, KeyError> {
        let drawn = |length: usize| {
            let mut bytes = vec![0; length];
            random.fill(&mut bytes).map_err(|_| KeyError::Random)?;
            Ok(SecretBytes::new(bytes))
        };
        let private = match algorithm.family() {
            Family::Hmac => {
                let hash = hash_of(algorithm).ok_or(KeyError::UnknownAlgorithm)?;
                Private::Hmac(drawn(hash.digest_algorithm().output_len())?)
            }
            Family::Ed25519 => Private::Ed25519 {
                public: None,
                seed: drawn(32)?,
            },
            Family::P256 | Family::P384 => {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(ecdsa_of(algorithm), random).map_err(|_| KeyError::Random)?;
                der::private(pkcs8.as_ref())?
            }
            Family::Rsa => return Err(KeyError::NoPrivatePart),
        };
        Self::from_private(algorithm, private, random)
    }

    /// A shared secret as raw bytes.
    ///
    /// # Errors
    /// As [`VerifyingKey::hmac`].
    pub fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let hash = hash_of(algorithm).ok_or(KeyError::WrongAlgorithm {
            asked: algorithm,
            key: Family::Hmac,
        })?;
        Ok(Self {
            verifying: VerifyingKey::hmac(algorithm, secret)?,
            private: Private::Hmac(SecretBytes::new(secret.to_vec())),
            sign: Sign::Hmac(hmac::Key::new(hash, secret)),
        })
    }

    /// A PKCS#8 `PrivateKeyInfo`. `random` seeds the nonces of ECDSA.
    ///
    /// # Errors
    /// [`KeyError::Der`], [`KeyError::NoPublicPart`] for an EC key without its point, [`KeyError::PartsDisagree`], or
    /// what is wrong with the public part.
    pub fn from_der(algorithm: Algorithm, der: &[u8], random: &dyn SecureRandom) -> Result<Self, KeyError> {
        Self::from_private(algorithm, der::private(der)?, random)
    }

    /// A PEM block `PRIVATE KEY` (PKCS#8, not encrypted).
    ///
    /// # Errors
    /// [`KeyError::Pem`], also for the older labels `RSA PRIVATE KEY` and `EC PRIVATE KEY`; else as
    /// [`SigningKey::from_der`].
    pub fn from_pem(algorithm: Algorithm, pem: &str, random: &dyn SecureRandom) -> Result<Self, KeyError> {
        Self::from_der(algorithm, pem::decode(pem, "PRIVATE KEY")?.expose(), random)
    }

    /// The same key under another name.
    #[must_use]
    pub fn with_kid(self, kid: Kid) -> Self {
        self.named(Some(kid))
    }

    /// The name of the key, which goes into the header of what it signs.
    #[must_use]
    pub fn kid(&self) -> Option<&Kid> {
        self.verifying.kid()
    }

    /// The one algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm()
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The whole key as a private JWK.
    ///
    /// # Security
    /// For encrypted storage only.
    #[must_use]
    pub fn to_private_jwk(&self) -> SecretBytes {
        private_jwk::jwk(&self.private, &self.verifying)
    }

    pub(super) fn from_private(
        algorithm: Algorithm,
        private: Private,
        random: &dyn SecureRandom,
    ) -> Result<Self, KeyError> {
        if algorithm.family() != private.family() {
            return Err(KeyError::WrongAlgorithm {
                asked: algorithm,
                key: private.family(),
            });
        }
        let (sign, public) = match &private {
            Private::Hmac(secret) => return Self::hmac(algorithm, secret.expose()),
            Private::Ed25519 { public, seed } => ed25519(public.as_ref(), seed)?,
            Private::Ec { public, d } => ecdsa(algorithm, public, d, random)?,
            Private::Rsa { public, parts } => rsa(algorithm, public, parts)?,
        };
        let verifying = VerifyingKey::from_public(algorithm, public)?;
        let key = Self {
            verifying,
            private,
            sign,
        };
        key.check_by_signing(random)?;
        Ok(key)
    }

    /// The signature of `message`.
    pub(crate) fn signature(&self, message: &[u8], random: &dyn SecureRandom) -> Result<Signature, KeyError> {
        match &self.sign {
            Sign::Hmac(key) => Ok(Signature::Tag(hmac::sign(key, message))),
            Sign::Ed25519(key) => Ok(Signature::Short(key.sign(message))),
            Sign::Ecdsa(key) => key
                .sign(random, message)
                .map(Signature::Short)
                .map_err(|_| KeyError::Random),
            Sign::Rsa(key, encoding) => {
                let mut bytes = vec![0; key.public().modulus_len()];
                key.sign(*encoding, random, message, &mut bytes)
                    .map_err(|_| KeyError::Random)?;
                Ok(Signature::Long(bytes))
            }
        }
    }

    /// Signs and verifies once: some relations between the parts of a key (RSA's `dp`, `dq` and `qi`) are checked by ring
    /// only while it signs.
    fn check_by_signing(&self, random: &dyn SecureRandom) -> Result<(), KeyError> {
        const MESSAGE: &[u8] = b"a key that signs this can sign";
        let signature = self.signature(MESSAGE, random).map_err(|_| KeyError::PartsDisagree)?;
        if self.verifying.verifies(MESSAGE, signature.as_ref()) {
            Ok(())
        } else {
            Err(KeyError::PartsDisagree)
        }
    }

    pub(super) fn named(self, kid: Option<Kid>) -> Self {
        Self {
            verifying: self.verifying.clone().named(kid),
            ..self
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// A signature as ring returns it.
pub(crate) enum Signature {
    Tag(hmac::Tag),
    Short(signature::Signature),
    Long(Vec<u8>),
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Tag(tag) => tag.as_ref(),
            Self::Short(signature) => signature.as_ref(),
            Self::Long(bytes) => bytes,
        }
    }
}

fn ed25519(public: Option<&Public>, seed: &SecretBytes) -> Result<(Sign, Public), KeyError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| KeyError::Malformed("d"))?;
    let own = material::ed25519(pair.public_key().as_ref())?;
    if public.is_some_and(|public| *public != own) {
        return Err(KeyError::PartsDisagree);
    }
    Ok((Sign::Ed25519(pair), own))
}

fn ecdsa(
    algorithm: Algorithm,
    public: &Public,
    d: &SecretBytes,
    random: &dyn SecureRandom,
) -> Result<(Sign, Public), KeyError> {
    let Public::Ec { point, .. } = public else {
        return Err(KeyError::PartsDisagree);
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(ecdsa_of(algorithm), d.expose(), point, random)
        .map_err(|_| KeyError::PartsDisagree)?;
    Ok((Sign::Ecdsa(Box::new(pair)), public.clone()))
}

fn rsa(algorithm: Algorithm, public: &Public, parts: &[SecretBytes; 6]) -> Result<(Sign, Public), KeyError> {
    let Public::Rsa { n, e } = public else {
        return Err(KeyError::PartsDisagree);
    };
    let [d, p, q, dp, dq, qi] = parts.each_ref().map(SecretBytes::expose);
    let components = rsa::KeyPairComponents {
        public_key: rsa::PublicKeyComponents {
            n: n.as_slice(),
            e: e.as_slice(),
        },
        d,
        p,
        q,
        dP: dp,
        dQ: dq,
        qInv: qi,
    };
    let pair = RsaKeyPair::from_components(&components).map_err(|_| KeyError::PartsDisagree)?;
    Ok((Sign::Rsa(Box::new(pair), encoding_of(algorithm)), public.clone()))
}

fn ecdsa_of(algorithm: Algorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm.family() {
        Family::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    }
}

/// The algorithm must be one of RSA, as the caller has checked.
fn encoding_of(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_SHA512,
        _ => &signature::RSA_PKCS1_SHA256,
    }
}
