//! Writes public keys: JWK, JWK Set, and thumbprints.

use ring::digest;

use super::kid::Kid;
use super::material::Public;
use super::verifying::VerifyingKey;
use crate::algorithm::Algorithm;
use crate::base64url;

/// A JWK Set with the public members of these keys. Shared secrets are always left out.
pub fn write_jwk_set<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> String {
    let keys: Vec<String> = keys.into_iter().filter_map(VerifyingKey::to_jwk).collect();
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

impl VerifyingKey {
    /// The public key as a JWK with its public members, `kid`, `alg` and `use`; `None` for a shared secret.
    #[must_use]
    pub fn to_jwk(&self) -> Option<String> {
        Some(jwk(self.public()?, self.algorithm(), self.kid()))
    }

    /// The RFC 7638 thumbprint with SHA-256, in base64url; `None` for a shared secret, whose digest is not disclosed.
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        let text = thumbprint_input(self.public()?);
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        Some(base64url::encode(digest.as_ref()))
    }
}

/// The members that RFC 7638 section 3.2 requires, in their order and without white space.
fn thumbprint_input(key: &Public) -> String {
    let members: Vec<String> = members(key)
        .iter()
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// One JWK.
fn jwk(key: &Public, algorithm: Algorithm, kid: Option<&Kid>) -> String {
    let mut text = String::from("{");
    if let Some(kid) = kid {
        text.push_str("\"kid\":");
        text.push_str(&quoted(kid.as_str()));
        text.push(',');
    }
    for (name, value) in members(key) {
        text.push_str(&format!("\"{name}\":\"{value}\","));
    }
    text.push_str(&format!("\"alg\":\"{algorithm}\",\"use\":\"sig\"}}"));
    text
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Names in lexicographic order; every value is base64url or a constant, so nothing needs an escape.
pub(super) fn members(key: &Public) -> Vec<(&'static str, String)> {
    match key {
        Public::Rsa { n, e } => vec![
            ("e", base64url::encode(e)),
            ("kty", "RSA".to_owned()),
            ("n", base64url::encode(n)),
        ],
        Public::Ec { curve, point } => {
            // After the tag byte the point is x and y, each as wide as the curve.
            let (x, y) = point.split_at(1 + curve.width());
            vec![
                ("crv", curve.name().to_owned()),
                ("kty", "EC".to_owned()),
                ("x", base64url::encode(x.get(1..).unwrap_or_default())),
                ("y", base64url::encode(y)),
            ]
        }
        Public::Ed25519(x) => vec![
            ("crv", "Ed25519".to_owned()),
            ("kty", "OKP".to_owned()),
            ("x", base64url::encode(x)),
        ],
    }
}
