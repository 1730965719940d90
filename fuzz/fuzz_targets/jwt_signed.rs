//! A good signature over any header and payload. What is accepted has the header that the key requires, and a payload that
//! another JSON reader reads as an object whose `exp` is a number in the future.
//!
//! The input is the header, a line feed, and the payload. An empty header is replaced by a valid one.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use serde_json::Value;
use token_jwt::{Algorithm, ClaimsVerifier, Policy, UnixTime, VerifyingKey};

const SECRET: &[u8; 32] = b"9q3v7Kx0mZp2Tt8Lw5Rj1Yc6Hd4Fs=Bn";
const NOW: i64 = 1_700_000_000;
const GOOD: &[u8] = br#"{"typ":"JWT","alg":"HS256"}"#;

static VERIFIER: LazyLock<ClaimsVerifier> = LazyLock::new(|| {
    let key = VerifyingKey::hmac(Algorithm::HS256, SECRET).expect("a good key");
    ClaimsVerifier::new(key, Policy::default())
});
static SIGNER: LazyLock<hmac::Key> = LazyLock::new(|| hmac::Key::new(hmac::HMAC_SHA256, SECRET));

fuzz_target!(|input: &[u8]| {
    let line_feed = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (header, payload) = input.split_at(line_feed);
    let header = if header.is_empty() { GOOD } else { header };
    let payload = payload.get(1..).unwrap_or_default();
    let token = signed(header, payload);
    let verified = VERIFIER.verify::<()>(&token, UnixTime::from_secs(NOW));
    if verified.is_ok() {
        let header: Value = serde_json::from_slice(header).expect("a header is JSON");
        assert_eq!(header["alg"], "HS256");
        let claims: Value = serde_json::from_slice(payload).expect("a payload is JSON");
        assert!(claims.is_object());
        assert!(claims["exp"].as_f64().is_some_and(|exp| exp > NOW as f64));
    }
    // The type that the claims are read into does not change whether they are accepted.
    if VERIFIER
        .verify::<serde::de::IgnoredAny>(&token, UnixTime::from_secs(NOW))
        .is_ok()
    {
        assert!(verified.is_ok());
    }
});

fn signed(header: &[u8], payload: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mac = hmac::sign(&SIGNER, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}
