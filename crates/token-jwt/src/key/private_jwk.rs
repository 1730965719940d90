//! Writes private keys as JWK, for encrypted storage.

use super::material::{Private, Public};
use super::public_jwk::{members, quoted};
use super::secret::SecretBytes;
use super::verifying::VerifyingKey;
use crate::base64url;

/// A private JWK with `kid` and `alg`.
pub(super) fn jwk(private: &Private, key: &VerifyingKey) -> SecretBytes {
    // Large enough for every key: a text that grew would leave a copy in the old memory.
    let mut text = Vec::with_capacity(16 * 1024);
    text.push(b'{');
    if let Some(kid) = key.kid() {
        text.extend_from_slice(b"\"kid\":");
        text.extend_from_slice(quoted(kid.as_str()).as_bytes());
        text.push(b',');
    }
    match private {
        Private::Hmac(secret) => {
            text.extend_from_slice(b"\"kty\":\"oct\",");
            member(&mut text, "k", secret);
        }
        Private::Ed25519 { seed, .. } => {
            public_members(&mut text, key.public());
            member(&mut text, "d", seed);
        }
        Private::Ec { public, d } => {
            public_members(&mut text, Some(public));
            member(&mut text, "d", d);
        }
        Private::Rsa { public, parts } => {
            public_members(&mut text, Some(public));
            for (name, part) in ["d", "p", "q", "dp", "dq", "qi"].into_iter().zip(parts) {
                member(&mut text, name, part);
            }
        }
    }
    text.extend_from_slice(b"\"alg\":\"");
    text.extend_from_slice(key.algorithm().name().as_bytes());
    text.extend_from_slice(b"\"}");
    SecretBytes::new(text)
}

fn public_members(text: &mut Vec<u8>, public: Option<&Public>) {
    for (name, value) in public.map(members).unwrap_or_default() {
        text.extend_from_slice(format!("\"{name}\":\"{value}\",").as_bytes());
    }
}

fn member(text: &mut Vec<u8>, name: &str, secret: &SecretBytes) {
    text.push(b'"');
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"\":\"");
    base64url::encode_onto(secret.expose(), text);
    text.extend_from_slice(b"\",");
}
