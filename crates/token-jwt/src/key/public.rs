//! Public keys as they go out: JWK, JWK Set, and the text that a thumbprint is made of.

use super::material::Public;
use super::{Kid, VerifyingKey};
use crate::json::write_value;
use crate::{Algorithm, base64url};

/// A JWK Set with the public members of these keys. Shared secrets are left out, whatever the caller hands over.
pub fn write_jwk_set<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> String {
    let keys: Vec<String> = keys.into_iter().filter_map(VerifyingKey::to_jwk).collect();
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

/// The members that RFC 7638 section 3.2 requires, in their order and without white space.
pub(super) fn thumbprint_input(key: &Public) -> String {
    let members: Vec<String> = members(key)
        .iter()
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// One JWK.
pub(super) fn jwk(key: &Public, algorithm: Algorithm, kid: Option<&Kid>) -> String {
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

/// A JSON string. The writer fails on numbers and maps only, so that the default cannot be reached.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    let written = write_value(text, &mut out)
        .ok()
        .and_then(|()| String::from_utf8(out).ok());
    written.unwrap_or_else(|| "\"\"".to_owned())
}

/// Names in lexicographic order; every value is base64url or a fixed word, so that nothing needs an escape.
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
