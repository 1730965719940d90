//! The members of a JWK, and the key that they make.

use std::borrow::Cow;
use std::ops::Deref;

use serde::Deserialize;

use super::curve_points::Curve;
use super::error::KeyError;
use super::material::{self, Private, Public};
use super::secret::SecretBytes;
use crate::base64url;

/// The members as they are written. A member that is present has its type; `null` is an error.
#[derive(Deserialize)]
pub(super) struct JwkMembers<'a> {
    #[serde(borrow)]
    pub(super) kty: Member<'a>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) kid: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) alg: Option<Member<'a>>,
    #[serde(borrow, rename = "use", default, deserialize_with = "present")]
    pub(super) purpose: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) key_ops: Option<Vec<Member<'a>>>,
    #[serde(borrow, default, deserialize_with = "present")]
    crv: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    k: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    n: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    e: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    x: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    y: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    d: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    p: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    q: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    dp: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    dq: Option<Member<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    qi: Option<Member<'a>>,
    #[serde(default)]
    oth: Option<serde::de::IgnoredAny>,
}

/// A string member; borrowed, so that no copy of a secret is left behind.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Member<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Member<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

pub(super) type Parts = (Option<Public>, Option<Private>);

impl JwkMembers<'_> {
    /// The key itself, checked.
    pub(super) fn material(&self) -> Result<Parts, KeyError> {
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
