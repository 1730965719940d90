//! The shared cases of presented opaque tokens.

#[path = "support/issuers.rs"]
mod support;

use std::collections::HashMap;
use std::time::Duration;

use auth_core::TokenDigest;
use serde_json::Value;
use support::{HOUR, for_an_hour};
use testkit::{InProcess, Issued, IssuerHarness, Owner, Revocation};

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/vectors/tokens/opaque_token_cases.json"
);

/// The number of cases in the file, so that a missing case is noticed.
const CASE_COUNT: usize = 61;

#[tokio::test]
async fn every_case_is_answered_as_listed() {
    let harness = InProcess::in_memory(for_an_hour).await;
    let placeholders = placeholders(&harness).await;
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(CASES).expect("the file of cases")).expect("JSON");
    let cases = cases["cases"].as_array().expect("a list");
    for case in cases {
        let (name, template) = (
            case["name"].as_str().expect("a name"),
            case["template"].as_str().expect("a template"),
        );
        let text = fill(template, &placeholders);
        let verdict = harness.verify(&text, None).await;
        match case["expect"].as_str() {
            Some("valid") => assert!(verdict.is_accepted(), "{name}: {verdict:?}"),
            Some("invalid") => assert!(verdict.is_refused(), "{name}: {verdict:?}"),
            other => panic!("{name} expects {other:?}"),
        }
    }
    assert_eq!(cases.len(), CASE_COUNT);
}

/// The answer is the same for any wrong byte, and for a record that does not exist.
#[tokio::test]
async fn all_refusals_have_the_same_answer() {
    let harness = InProcess::in_memory(for_an_hour).await;
    let owner = harness.owner().await;
    let token = issue(&harness, &owner).await;
    let (id, secret) = token.text.split_once('|').expect("two parts");
    for text in [
        format!("{id}|{}", "A".repeat(40)),
        format!("999|{secret}"),
        "x".into(),
        format!("{id}|{secret}x"),
    ] {
        assert_eq!(
            harness.verify(&text, None).await,
            testkit::Verdict::Rejected,
            "{text:?}"
        );
    }
}

/// The values for the placeholders in the templates.
async fn placeholders(harness: &InProcess) -> HashMap<String, String> {
    let owner = harness.owner().await;
    let expired = issue(harness, &owner).await;
    harness.advance(HOUR * 2).await.expect("the clock moves");
    let [token, other, revoked] = [
        issue(harness, &owner).await,
        issue(harness, &owner).await,
        issue(harness, &owner).await,
    ];
    assert_eq!(harness.revoke(&revoked).await, Revocation::Done);
    harness.advance(Duration::from_secs(1)).await.expect("the clock moves");
    let (id, secret) = parts(&token);
    let digest = TokenDigest::of(secret.as_bytes());
    let digit = |zero: u32| move |c: char| char::from_u32(zero + c.to_digit(10).expect("a digit")).expect("a digit");
    let mut placeholders = HashMap::from([
        ("id_hex", format!("{:x}", id.parse::<i64>().expect("a number"))),
        ("id_fullwidth", id.chars().map(digit(0xff10)).collect()),
        ("id_arabic", id.chars().map(digit(0x660)).collect()),
        ("secret_upper", secret.to_uppercase()),
        ("secret_lower", secret.to_lowercase()),
        ("secret_first_39", secret[..39].to_owned()),
        ("secret_reversed", secret.chars().rev().collect()),
        ("secret_b64u", base64url(secret.as_bytes())),
        ("missing_id", "4711".to_owned()),
        (
            "stored_hash_hex",
            digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
        ),
        ("stored_hash_b64u", base64url(digest.as_bytes())),
    ]);
    let valid = [(&token, "id", "secret"), (&other, "other_id", "other_secret")];
    let invalid = [
        (&revoked, "revoked_id", "revoked_secret"),
        (&expired, "expired_id", "expired_secret"),
    ];
    for (token, id, secret) in valid.into_iter().chain(invalid) {
        let (own_id, own_secret) = parts(token);
        placeholders.extend([(id, own_id), (secret, own_secret)]);
    }
    placeholders
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
}

/// Fills the placeholders `{name}` and `{A*n}` of a template.
fn fill(template: &str, placeholders: &HashMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a closed placeholder");
        text.push_str(before);
        match name.strip_prefix("A*") {
            Some(count) => text.push_str(&"A".repeat(count.parse().expect("a count"))),
            None => text.push_str(
                placeholders
                    .get(name)
                    .unwrap_or_else(|| panic!("no value for {{{name}}}")),
            ),
        }
        rest = after;
    }
    text + rest
}

async fn issue(harness: &InProcess, owner: &Owner) -> Issued {
    harness.issue(owner).await.expect("issued")
}

fn parts(token: &Issued) -> (String, String) {
    let (id, secret) = token.text.split_once('|').expect("two parts");
    (id.to_owned(), secret.to_owned())
}

/// Base64url (RFC 4648 section 5), without padding.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let letter = |bits: &[u8]| {
        let value = bits.iter().fold(0, |value, bit| value << 1 | usize::from(*bit)) << (6 - bits.len());
        char::from(LETTERS[value])
    };
    bits.chunks(6).map(letter).collect()
}
