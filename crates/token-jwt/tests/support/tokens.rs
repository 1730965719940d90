//! Keys, policies and hand-made tokens: any header, any payload, any signature.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test files"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::Value;
use token_jwt::{Algorithm, ClaimsVerifier, KeySet, Kid, Policy, Reason, SystemRandom, UnixTime, VerifyingKey};

/// The time of every test, in seconds since 1970.
pub const NOW: i64 = 1_700_000_000;

/// 64 random bytes: long enough for every HMAC.
pub const SECRET: [u8; 64] = [
    0xf9, 0xe6, 0xee, 0x0c, 0xdb, 0x15, 0x67, 0x68, 0x89, 0xb6, 0x86, 0x7e, 0x6a, 0x47, 0xd7, 0x4d, 0x20, 0xad, 0xe1,
    0x43, 0xb6, 0x72, 0xbb, 0x8b, 0x0a, 0xc6, 0xd6, 0x94, 0x18, 0xa7, 0x82, 0x01, 0x1e, 0x22, 0x5c, 0xaf, 0xb9, 0x03,
    0x39, 0xbb, 0xa1, 0xb2, 0x40, 0x76, 0xd4, 0x20, 0x6c, 0x3e, 0x79, 0xc3, 0x55, 0x80, 0x5d, 0x85, 0x16, 0x82, 0xbc,
    0x81, 0x8b, 0xaa, 0x4f, 0x5a, 0x77, 0x79,
];

/// A payload that [`policy`] accepts.
pub const GOOD: &str =
    r#"{"iss":"https://issuer.example","sub":"7","aud":"api","exp":1700000600,"iat":1699999990,"jti":"a"}"#;

pub const HEADER: &str = r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#;

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The two segments, unchanged, with the HS256 signature of `secret`.
pub fn maced_with(secret: &[u8], header: &str, payload: &str) -> String {
    let message = format!("{header}.{payload}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

/// A token with this header and payload and a correct signature by [`SECRET`].
pub fn token(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    maced_with(&SECRET, &encode(header), &encode(payload))
}

pub fn named(kid: &str) -> Kid {
    Kid::new(kid).unwrap()
}

/// The HS256 key of [`SECRET`], named `k1`.
pub fn key() -> VerifyingKey {
    VerifyingKey::hmac(Algorithm::HS256, &SECRET)
        .unwrap()
        .with_kid(named("k1"))
}

pub fn policy() -> Policy {
    Policy::default()
        .issuer("https://issuer.example")
        .audience("api")
        .require("sub")
        .require("jti")
}

/// Why a verifier with these keys and this policy rejects a token; `None` if it accepts it.
pub fn rejection(keys: impl Into<KeySet>, policy: Policy, token: &str) -> Option<Reason> {
    let verifier = ClaimsVerifier::new(keys, policy);
    verifier
        .verify::<()>(token, now())
        .err()
        .map(|rejection| rejection.reason())
}

/// The same for [`key`] and [`policy`].
pub fn rejected(token: &str) -> Option<Reason> {
    rejection(key(), policy(), token)
}

pub fn now() -> UnixTime {
    UnixTime::from_secs(NOW)
}

pub fn random() -> SystemRandom {
    SystemRandom::new()
}

/// The private RSA key of 2048 bits of the published vectors, without `alg`.
pub fn rsa_jwk() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/vectors/wycheproof/json_web_signature_test.json"
    );
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut key = file["testGroups"][2]["private"].clone();
    let members = key.as_object_mut().unwrap();
    members.remove("alg");
    members.insert("kid".to_owned(), "k1".into());
    key.to_string()
}
