//! Private keys as they go into encrypted storage.

use super::VerifyingKey;
use super::material::{Private, Public};
use super::public::{members, quoted};
use super::secret::Secret;
use crate::base64url;

/// A private JWK with `kid` and `alg`.
pub(super) fn jwk(private: &Private, key: &VerifyingKey) -> Secret {
    // Room for the largest key, so that the text never moves and leaves a copy behind.
    let mut text = String::with_capacity(16 * 1024);
    text.push('{');
    if let Some(kid) = key.kid() {
        text.push_str("\"kid\":");
        text.push_str(&quoted(kid.as_str()));
        text.push(',');
    }
    match private {
        Private::Hmac(secret) => {
            text.push_str("\"kty\":\"oct\",");
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
    text.push_str("\"alg\":\"");
    text.push_str(key.algorithm().name());
    text.push_str("\"}");
    Secret::new(text.into_bytes())
}

fn public_members(text: &mut String, public: Option<&Public>) {
    for (name, value) in public.map(members).unwrap_or_default() {
        text.push_str(&format!("\"{name}\":\"{value}\","));
    }
}

fn member(text: &mut String, name: &str, secret: &Secret) {
    text.push('"');
    text.push_str(name);
    text.push_str("\":\"");
    base64url::encode_onto(secret.expose(), text);
    text.push_str("\",");
}
