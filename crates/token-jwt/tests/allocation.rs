//! Memory: verification allocates nothing itself, and no token makes a verifier allocate much (J-21).
//!
//! Only this test binary has the counting allocator.
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use allocation_counter::{AllocationInfo, measure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use support::*;
use token_jwt::{Algorithm, Claim, ClaimsVerifier, Class, JsonError, Jwk, Reason, Signer, SigningKey};

/// What one verification allocates, and why it rejects the token.
fn cost_of<C: DeserializeOwned>(verifier: &ClaimsVerifier, token: &str) -> (AllocationInfo, Option<Reason>) {
    let mut result = None;
    let cost = measure(|| result = Some(verifier.verify::<C>(token, now()).map(drop)));
    (cost, result.unwrap().err().map(|rejection| rejection.reason()))
}

fn verifier() -> ClaimsVerifier {
    ClaimsVerifier::new(key(), policy())
}

/// [`GOOD`] with these members before its own.
fn with_members(members: &str) -> String {
    GOOD.replacen('{', &format!("{{{members},"), 1)
}

#[derive(Deserialize)]
struct Dates {
    #[serde(rename = "exp")]
    _expires: i64,
    #[serde(rename = "iat")]
    _issued_at: Option<i64>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(rename = "sub")]
    _subject: String,
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).bytes_total, 100);
}

#[test]
fn a_good_token_costs_the_allocations_of_its_signature_and_no_more() {
    let rsa = Jwk::parse(&rsa_jwk()).unwrap();
    let claims: serde_json::Value = serde_json::from_str(GOOD).unwrap();
    for algorithm in Algorithm::ALL {
        let key = match rsa.signing_key_for(algorithm, &random()) {
            Ok(key) => key,
            Err(_) => SigningKey::generate(algorithm, &random()).unwrap(),
        };
        let public = key.verifying_key().clone();
        let token = Signer::new(key).sign(&claims, &random()).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let bare = measure(|| assert!(public.verifies(message.as_bytes(), &signature)));
        let is_rsa = rsa.algorithms().any(|of_rsa| of_rsa == algorithm);
        assert_eq!(
            bare.count_total == 0,
            !is_rsa,
            "{algorithm}: allocations of the signature"
        );
        let verifier = ClaimsVerifier::new(public, policy());
        assert_eq!(cost_of::<()>(&verifier, &token), (bare, None), "{algorithm}");
        assert_eq!(cost_of::<Dates>(&verifier, &token), (bare, None), "{algorithm}, dates");
    }
}

#[test]
fn only_strings_of_the_callers_type_are_allocated() {
    let (cost, rejection) = cost_of::<Subject>(&verifier(), &token(HEADER, GOOD));
    assert_eq!((cost.count_total, cost.bytes_total, rejection), (1, 1, None), "\"7\"");
}

#[test]
fn a_parsed_header_and_a_large_payload_allocate_nothing() {
    let parsed = r#"{"alg":"HS256","x5t":[{}],"typ":"application/jwt","kid":"k1"}"#;
    let large = with_members(&format!("\"x\":[\"{}\"]", "a".repeat(5_500)));
    for token in [token(parsed, GOOD), token(HEADER, &large)] {
        assert_eq!(cost_of::<()>(&verifier(), &token), (AllocationInfo::default(), None));
    }
}

#[test]
fn segments_too_long_for_the_stack_are_read_in_one_allocation() {
    let verifier = ClaimsVerifier::new(key(), policy().max_token_bytes(1 << 20));
    for (length, allocations) in [(6_144, 0), (6_145, 1), (100_000, 1)] {
        let payload = with_members(&format!("\"x\":\"{}\"", "a".repeat(length - GOOD.len() - 7)));
        assert_eq!(payload.len(), length);
        let (cost, rejection) = cost_of::<()>(&verifier, &token(HEADER, &payload));
        assert_eq!((rejection, cost.count_total), (None, allocations), "{length}");
        let header = HEADER.replacen(
            '{',
            &format!("{{\"x\":\"{}\",", "a".repeat(length - HEADER.len() - 7)),
            1,
        );
        assert_eq!(header.len(), length);
        let (cost, rejection) = cost_of::<()>(&verifier, &token(&header, GOOD));
        assert_eq!((rejection, cost.count_total), (None, allocations), "{length}");
    }
}

#[test]
fn a_rejection_allocates_nothing() {
    let good = token(HEADER, GOOD);
    let megabyte = "A".repeat(1 << 20);
    let deep = |levels: usize| with_members(&format!("\"x\":{}{}", "[".repeat(levels), "]".repeat(levels)));
    let syntax = JsonError::Syntax;
    for (bad, reason) in [
        (".".repeat(100_000), Reason::TooLong),
        (maced_with(&SECRET, &encode(HEADER), &megabyte), Reason::TooLong),
        (format!("{megabyte}..AAAA"), Reason::TooLong),
        (".".repeat(8_192), Reason::NotThreeSegments),
        (String::new(), Reason::NotThreeSegments),
        ("A".repeat(8_192), Reason::NotThreeSegments),
        ("!..".to_owned(), Reason::HeaderEncoding),
        (format!("{}..", "A".repeat(8_190)), Reason::HeaderJson(syntax)),
        (token("{", GOOD), Reason::HeaderJson(syntax)),
        (token("[".repeat(6_000), ""), Reason::HeaderJson(JsonError::NotAnObject)),
        (token("{}", GOOD), Reason::HeaderMember("alg")),
        (
            token(r#"{"alg":"HS256","crit":[]}"#, GOOD),
            Reason::HeaderExtension("crit"),
        ),
        (token(r#"{"alg":"HS256","typ":"at+jwt"}"#, GOOD), Reason::Type),
        (token(r#"{"alg":"HS256","kid":"k2"}"#, GOOD), Reason::KidUnknown),
        (token(r#"{"alg":"none","kid":"k1"}"#, GOOD), Reason::Algorithm),
        (good[..good.len() - 1].to_owned(), Reason::SignatureLength),
        (format!("{}!", &good[..good.len() - 1]), Reason::SignatureEncoding),
        (maced_with(&[0; 32], &encode(HEADER), &encode(GOOD)), Reason::Signature),
        (maced_with(&SECRET, &encode(HEADER), "!"), Reason::PayloadEncoding),
        (token(HEADER, "{"), Reason::PayloadJson(syntax)),
        (token(HEADER, b"\xff"), Reason::PayloadJson(JsonError::Encoding)),
        (token(HEADER, deep(32)), Reason::PayloadJson(JsonError::TooDeep)),
        (token(HEADER, deep(2_500)), Reason::PayloadJson(JsonError::TooDeep)),
        (
            token(HEADER, with_members("\"exp\":1")),
            Reason::PayloadJson(JsonError::DuplicateMember),
        ),
        (
            token(HEADER, GOOD.replace("\"7\"", "7")),
            Reason::ClaimMalformed(Claim::Subject),
        ),
        (token(HEADER, "{}"), Reason::ClaimMissing(Claim::Issuer)),
        (token(HEADER, GOOD.replace("1700000600", "1700000000")), Reason::Expired),
        (token(HEADER, GOOD.replace("\"api\"", "\"other\"")), Reason::Audience),
    ] {
        let (cost, rejection) = cost_of::<()>(&verifier(), &bad);
        let shown = &bad[..bad.len().min(100)];
        assert_eq!((rejection, cost.count_total), (Some(reason), 0), "{shown}");
    }
}

/// What does allocate: the names of objects with many members, and names with escapes.
#[test]
fn no_token_costs_64_kib() {
    let many = |count: usize| -> Vec<String> { (0..count).map(|name| format!("\"{name}\":0")).collect() };
    let escaped = |count: usize| -> Vec<String> { (0..count).map(|name| format!("\"{name}\\u0061\":0")).collect() };
    let long = vec![format!("\"{}\\n\":0", "a".repeat(5_800))];
    let mut most = 0;
    for members in [many(250), many(251), many(600), escaped(250), escaped(350), long] {
        let members = members.join(",");
        let header = HEADER.replacen('{', &format!("{{{members},"), 1);
        for token in [token(HEADER, with_members(&members)), token(header, "")] {
            let (cost, rejection) = cost_of::<()>(&verifier(), &token);
            assert_ne!(rejection.map(Reason::class), Some(Class::Signature));
            assert!(token.len() <= 8192 && cost.bytes_total < 64 * 1024, "{cost:?}");
            most = most.max(cost.bytes_total);
        }
    }
    assert!(most > 8 * 1024, "these tokens do not cost enough for the test: {most}");
}
