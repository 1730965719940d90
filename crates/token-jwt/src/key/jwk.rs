//! JSON Web Keys as they come in (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use std::borrow::Cow;
use std::ops::Deref;

use ring::rand::SecureRandom;
use serde::Deserialize;

use super::curve_points::Curve;
use super::error::KeyError;
use super::kid::Kid;
use super::material::{self, Private, Public};
use super::secret::SecretBytes;
use super::signing::SigningKey;
use super::verifying::VerifyingKey;
use crate::algorithm::{Algorithm, Family};
use crate::base64url;
use crate::json::read_value;

/// One JSON Web Key, read strictly and checked, not yet bound to an algorithm.
///
/// Its `alg`, `use` and `key_ops` members are obeyed: a key that says what it is for is good for nothing else.
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
    /// [`KeyError`] says which member is wrong, or why the key must not be used.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        Self::from_raw(&read_value::<Raw<'_>>(json.as_bytes()).map_err(KeyError::Json)?)
    }

    /// The `kid` member.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(Kid::as_str)
    }

    /// What kind of key it is.
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

    /// The secret and its algorithm, if it is a shared secret; for known answers whose keys are not random.
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

    fn from_raw(raw: &Raw<'_>) -> Result<Self, KeyError> {
        let algorithm = match &raw.alg {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(KeyError::UnknownAlgorithm)?),
        };
        if raw.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err(KeyError::NotForSignatures);
        }
        let may = |operation: &str| {
            raw.key_ops
                .as_ref()
                .is_none_or(|allowed| allowed.iter().any(|one| &**one == operation))
        };
        let (may_verify, may_sign) = (may("verify"), may("sign"));
        if !may_verify && !may_sign {
            return Err(KeyError::OperationNotAllowed);
        }
        let (public, private) = raw.material()?;
        let family = match (&public, &private) {
            (Some(public), _) => public.family(),
            (None, Some(private)) => private.family(),
            (None, None) => return Err(KeyError::UnknownType),
        };
        if let Some(asked) = algorithm.filter(|algorithm| algorithm.family() != family) {
            return Err(KeyError::WrongAlgorithm { asked, key: family });
        }
        let kid = raw.kid.as_deref().map(Kid::new).transpose()?;
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

/// The keys of a JWK Set (RFC 7517 section 5) that are of use here.
///
/// Keys of unknown types, curves or algorithms, for encryption, or not allowed to verify or sign are passed over,
/// as RFC 7517 asks; a key that is broken, a repeated `kid` or a mixture of shared secrets and public keys refuses
/// the whole set.
#[derive(Clone, Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set.
    ///
    /// # Errors
    /// [`KeyError::MixedSet`], [`KeyError::RepeatedKid`], [`KeyError::EmptySet`], or what is wrong with one of its keys.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        let raw: RawSet<'_> = read_value(json.as_bytes()).map_err(KeyError::Json)?;
        let shared = raw.keys.iter().filter(|key| &*key.kty == "oct").count();
        if shared != 0 && shared != raw.keys.len() {
            return Err(KeyError::MixedSet);
        }
        refuse_repeated(raw.keys.iter().filter_map(|key| key.kid.as_deref()))?;
        let mut keys = Vec::with_capacity(raw.keys.len());
        for raw in &raw.keys {
            match Jwk::from_raw(raw) {
                Ok(key) => keys.push(key),
                Err(error) if is_for_others(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if keys.is_empty() {
            Err(KeyError::EmptySet)
        } else {
            Ok(Self { keys })
        }
    }

    /// The keys that are of use here, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
}

pub(crate) fn refuse_repeated<'a>(kids: impl Iterator<Item = &'a str>) -> Result<(), KeyError> {
    let mut seen = std::collections::HashSet::new();
    for kid in kids {
        if !seen.insert(kid) {
            return Err(KeyError::RepeatedKid);
        }
    }
    Ok(())
}

fn is_for_others(error: &KeyError) -> bool {
    matches!(
        error,
        KeyError::UnknownType
            | KeyError::UnknownCurve
            | KeyError::UnknownAlgorithm
            | KeyError::NotForSignatures
            | KeyError::OperationNotAllowed
    )
}

#[derive(Deserialize)]
struct RawSet<'a> {
    #[serde(borrow)]
    keys: Vec<Raw<'a>>,
}

/// The members as they stand. A member that is there has its type; `null` is no type.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    kty: Member<'a>,
    #[serde(borrow, default, deserialize_with = "there")]
    kid: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    alg: Option<Member<'a>>,
    #[serde(borrow, rename = "use", default, deserialize_with = "there")]
    purpose: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    key_ops: Option<Vec<Member<'a>>>,
    #[serde(borrow, default, deserialize_with = "there")]
    crv: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    k: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    n: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    e: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    x: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    y: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    d: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    p: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    q: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    dp: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    dq: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "there")]
    qi: Option<Member<'a>>,
    #[serde(default)]
    oth: Option<serde::de::IgnoredAny>,
}

/// A string member; borrowed, so that no copy of a secret is left behind.
#[derive(Deserialize)]
#[serde(transparent)]
struct Member<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Member<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

fn there<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

type Parts = (Option<Public>, Option<Private>);

impl Raw<'_> {
    fn material(&self) -> Result<Parts, KeyError> {
        match &*self.kty {
            "oct" => Ok((None, Some(Private::Hmac(secret(&self.k, "k")?)))),
            "RSA" => self.rsa(),
            "EC" => self.ec(),
            "OKP" => self.okp(),
            _ => Err(KeyError::UnknownType),
        }
    }

    fn rsa(&self) -> Result<Parts, KeyError> {
        let public = material::rsa(&bytes(&self.n, "n")?, &bytes(&self.e, "e")?)?;
        if self.d.is_none() {
            return Ok((Some(public), None));
        }
        if self.oth.is_some() {
            return Err(KeyError::Malformed("oth"));
        }
        let parts = [
            secret(&self.d, "d")?,
            secret(&self.p, "p")?,
            secret(&self.q, "q")?,
            secret(&self.dp, "dp")?,
            secret(&self.dq, "dq")?,
            secret(&self.qi, "qi")?,
        ];
        Ok((Some(public.clone()), Some(Private::Rsa { public, parts })))
    }

    fn ec(&self) -> Result<Parts, KeyError> {
        let curve = match self.crv.as_deref() {
            Some("P-256") => Curve::P256,
            Some("P-384") => Curve::P384,
            Some(_) => return Err(KeyError::UnknownCurve),
            None => return Err(KeyError::Missing("crv")),
        };
        let public = material::ec(curve, &bytes(&self.x, "x")?, &bytes(&self.y, "y")?)?;
        if self.d.is_none() {
            return Ok((Some(public), None));
        }
        let d = secret(&self.d, "d")?;
        if d.expose().len() != curve.width() {
            return Err(KeyError::Malformed("d"));
        }
        Ok((Some(public.clone()), Some(Private::Ec { public, d })))
    }

    fn okp(&self) -> Result<Parts, KeyError> {
        match self.crv.as_deref() {
            Some("Ed25519") => {}
            Some(_) => return Err(KeyError::UnknownCurve),
            None => return Err(KeyError::Missing("crv")),
        }
        let public = material::ed25519(&bytes(&self.x, "x")?)?;
        if self.d.is_none() {
            return Ok((Some(public), None));
        }
        let seed = secret(&self.d, "d")?;
        if seed.expose().len() != 32 {
            return Err(KeyError::Malformed("d"));
        }
        Ok((
            Some(public.clone()),
            Some(Private::Ed25519 {
                public: Some(public),
                seed,
            }),
        ))
    }
}

fn bytes(member: &Option<Member<'_>>, name: &'static str) -> Result<Vec<u8>, KeyError> {
    let text = member.as_ref().ok_or(KeyError::Missing(name))?;
    base64url::decode_to_vec(text).map_err(|_| KeyError::Malformed(name))
}

fn secret(member: &Option<Member<'_>>, name: &'static str) -> Result<SecretBytes, KeyError> {
    bytes(member, name).map(SecretBytes::new)
}
