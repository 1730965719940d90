//! JSON Web Keys as they are read (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use ring::rand::SecureRandom;

use super::error::KeyError;
use super::jwk_members::JwkMembers;
use super::kid::Kid;
use super::material::{Private, Public};
use super::signing::SigningKey;
use super::verifying::VerifyingKey;
use crate::algorithm::{Algorithm, Family};
use crate::json::read_value;

/// One JSON Web Key, read strictly and checked, not yet bound to an algorithm.
///
/// Its members `alg`, `use` and `key_ops` are enforced: the key has no other use than they say.
#[derive(Clone, Debug)]
pub struct Jwk {
    kid: Option<Kid>,
    algorithm: Option<Algorithm>,
    family: Family,
    may_verify: bool,
    may_sign: bool,
    public: Option<Public>,
    private: Option<Private>,
}

impl Jwk {
    /// Reads one key.
    ///
    /// # Errors
    /// [`KeyError`] says which member is wrong, or why the key is not safe to use.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        Self::from_members(&read_value::<JwkMembers<'_>>(json.as_bytes()).map_err(KeyError::Json)?)
    }

    /// The `kid` member.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(Kid::as_str)
    }

    /// The kind of key.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// The algorithms that the key can be bound to: its own if it names one, else those of its family.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> + '_ {
        let own = self.algorithm;
        self.family
            .algorithms()
            .iter()
            .copied()
            .filter(move |one| own.is_none_or(|own| own == *one))
    }

    /// The verifying key, bound to the algorithm that `alg` names or that the curve fixes.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmAmbiguous`] if it could be one of several; [`KeyError::OperationNotAllowed`] if `key_ops`
    /// keeps it from verifying; for a shared secret what [`VerifyingKey::hmac`] refuses.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        self.verifying_key_for(self.only_algorithm()?)
    }

    /// The verifying key, bound to `algorithm`.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] if the key is of another kind or names another one; else as
    /// [`Jwk::verifying_key`].
    pub fn verifying_key_for(&self, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
        self.allow(algorithm, self.may_verify)?;
        let key = match (&self.public, &self.private) {
            (Some(public), _) => VerifyingKey::from_public(algorithm, public.clone())?,
            (None, Some(Private::Hmac(secret))) => VerifyingKey::hmac(algorithm, secret.expose())?,
            _ => return Err(KeyError::NoPublicPart),
        };
        Ok(key.named(self.kid.clone()))
    }

    /// The signing key, bound to the algorithm that `alg` names or that the curve fixes.
    ///
    /// # Errors
    /// As [`Jwk::verifying_key`], and [`KeyError::NoPrivatePart`] or [`KeyError::PartsDisagree`].
    pub fn signing_key(&self, random: &dyn SecureRandom) -> Result<SigningKey, KeyError> {
        self.signing_key_for(self.only_algorithm()?, random)
    }

    /// The signing key, bound to `algorithm`.
    ///
    /// # Errors
    /// As [`Jwk::signing_key`] and [`KeyError::WrongAlgorithm`].
    pub fn signing_key_for(&self, algorithm: Algorithm, random: &dyn SecureRandom) -> Result<SigningKey, KeyError> {
        self.allow(algorithm, self.may_sign)?;
        let private = self.private.clone().ok_or(KeyError::NoPrivatePart)?;
        Ok(SigningKey::from_private(algorithm, private, random)?.named(self.kid.clone()))
    }

    /// The bytes of a shared secret, to compare keys and for published test vectors.
    #[doc(hidden)]
    #[must_use]
    pub fn shared_secret(&self) -> Option<&[u8]> {
        match &self.private {
            Some(Private::Hmac(secret)) => Some(secret.expose()),
            _ => None,
        }
    }

    fn only_algorithm(&self) -> Result<Algorithm, KeyError> {
        let mut fitting = self.algorithms();
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(KeyError::AlgorithmAmbiguous),
        }
    }

    fn allow(&self, algorithm: Algorithm, operation: bool) -> Result<(), KeyError> {
        if !self.algorithms().any(|one| one == algorithm) {
            return Err(KeyError::WrongAlgorithm {
                asked: algorithm,
                key: self.family,
            });
        }
        if operation {
            Ok(())
        } else {
            Err(KeyError::OperationNotAllowed)
        }
    }

    pub(super) fn from_members(members: &JwkMembers<'_>) -> Result<Self, KeyError> {
        let algorithm = match &members.alg {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(KeyError::UnknownAlgorithm)?),
        };
        if members.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err(KeyError::NotForSignatures);
        }
        let may = |operation: &str| {
            members
                .key_ops
                .as_ref()
                .is_none_or(|allowed| allowed.iter().any(|one| &**one == operation))
        };
        let (may_verify, may_sign) = (may("verify"), may("sign"));
        if !may_verify && !may_sign {
            return Err(KeyError::OperationNotAllowed);
        }
        let (public, private) = members.material()?;
        let family = match (&public, &private) {
            (Some(public), _) => public.family(),
            (None, Some(private)) => private.family(),
            (None, None) => return Err(KeyError::UnknownType),
        };
        if let Some(asked) = algorithm.filter(|algorithm| algorithm.family() != family) {
            return Err(KeyError::WrongAlgorithm { asked, key: family });
        }
        let kid = members.kid.as_deref().map(Kid::new).transpose()?;
        Ok(Self {
            kid,
            algorithm,
            family,
            may_verify,
            may_sign,
            public,
            private,
        })
    }
}

impl VerifyingKey {
    /// A JWK that names its algorithm, or whose curve fixes it.
    ///
    /// # Errors
    /// As [`Jwk::parse`] and [`Jwk::verifying_key`].
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        Jwk::parse(json)?.verifying_key()
    }
}

impl SigningKey {
    /// A private JWK that names its algorithm, or whose curve fixes it.
    ///
    /// # Errors
    /// As [`Jwk::parse`] and [`Jwk::signing_key`].
    pub fn from_jwk(json: &str, random: &dyn SecureRandom) -> Result<Self, KeyError> {
        Jwk::parse(json)?.signing_key(random)
    }
}
