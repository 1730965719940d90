//! What is presented as a token, case by case.

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

/// The number of cases in the file, so that none is lost in silence.
const NUMBER: usize = 61;

#[tokio::test]
async fn every_case_is_answered_as_listed() {
    let harness = InProcess::in_memory(for_an_hour).await;
    let words = words(&harness).await;
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(CASES).expect("the file of cases")).expect("JSON");
    let cases = cases["cases"].as_array().expect("a list");
    for case in cases {
        let (name, template) = (
            case["name"].as_str().expect("a name"),
            case["template"].as_str().expect("a template"),
        );
        let text = fill(template, &words);
        let verdict = harness.verify(&text, None).await;
        match case["expect"].as_str() {
            Some("valid") => assert!(verdict.is_yes(), "{name}: {verdict:?}"),
            Some("invalid") => assert!(verdict.is_no(), "{name}: {verdict:?}"),
            other => panic!("{name} expects {other:?}"),
        }
    }
    assert_eq!(cases.len(), NUMBER);
}

/// Whichever byte is wrong, the answer is the same, and so it is for a record that never was.
#[tokio::test]
async fn all_refusals_are_one() {
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

/// What stands in the places of the templates.
async fn words(harness: &InProcess) -> HashMap<String, String> {
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
    let mut words = HashMap::from([
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
    let named = [(&token, "id", "secret"), (&other, "other_id", "other_secret")];
    let ended = [
        (&revoked, "revoked_id", "revoked_secret"),
        (&expired, "expired_id", "expired_secret"),
    ];
    for (token, id, secret) in named.into_iter().chain(ended) {
        let (own_id, own_secret) = parts(token);
        words.extend([(id, own_id), (secret, own_secret)]);
    }
    words.into_iter().map(|(word, text)| (word.to_owned(), text)).collect()
}

/// Fills the places `{word}` and `{A*n}` of a template.
fn fill(template: &str, words: &HashMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').expect("a closed place");
        text.push_str(before);
        match word.strip_prefix("A*") {
            Some(count) => text.push_str(&"A".repeat(count.parse().expect("a count"))),
            None => text.push_str(words.get(word).unwrap_or_else(|| panic!("nothing for {{{word}}}"))),
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

/// RFC 4648 5, without padding.
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
