//! What is presented as the key of a key-bound token, case by case, while the session lives and after it ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Issuer, KeyBound, Lifetime, SecretKey, Tracked};
use serde_json::Value;
use testkit::{InProcess, Issued, IssuerHarness, Parts, Revocation, SimpleIssuer};

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/vectors/tokens/uuid_key_cases.json"
);

/// The number of cases in the file, so that none is lost in silence.
const NUMBER: usize = 15;

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let life = Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60));
    let (key, clock, entropy) = (
        SecretKey::from_bytes([1; 32]),
        parts.clock.clone(),
        parts.entropy.clone(),
    );
    let simple = SimpleIssuer::new(parts.flavour.clone(), life, key, clock, entropy.clone());
    let tracked = Tracked::new(simple, parts.registry.clone());
    Arc::new(KeyBound::new(tracked, parts.registry.clone(), entropy).expect("sessions are recorded"))
}

#[tokio::test]
async fn every_case_is_answered_as_listed() {
    let harness = InProcess::in_memory(key_bound).await;
    let owner = harness.owner().await;
    let token = harness.issue(&owner).await.expect("issued");
    let other = harness.issue(&owner).await.expect("issued");
    let words = words(&token, &other);
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(CASES).expect("the file of cases")).expect("JSON");
    let cases = cases["cases"].as_array().expect("a list");
    let mut keys = Vec::new();
    for case in cases {
        let (name, template) = (
            case["name"].as_str().expect("a name"),
            case["template"].as_str().expect("a template"),
        );
        let key = fill(template, &words);
        let verdict = harness.verify(&token.text, Some(&key)).await;
        match case["expect"].as_str() {
            Some("valid") => assert!(verdict.is_accepted(), "{name}: {verdict:?}"),
            // Of the two answers allowed for another spelling of the key, ours is no.
            Some("invalid" | "same-as-canonical or invalid") => assert!(verdict.is_refused(), "{name}: {verdict:?}"),
            other => panic!("{name} expects {other:?}"),
        }
        keys.push((name, key));
    }
    assert_eq!(harness.revoke(&token).await, Revocation::Done);
    for (name, key) in &keys {
        let verdict = harness.verify(&token.text, Some(key)).await;
        assert!(verdict.is_refused(), "{name}, after the session ended: {verdict:?}");
    }
    assert_eq!(keys.len(), NUMBER);
}

fn words(token: &Issued, other: &Issued) -> HashMap<&'static str, String> {
    let key = token.key.clone().expect("key-bound");
    let fullwidth = |c: char| {
        c.to_digit(10)
            .and_then(|digit| char::from_u32(0xff10 + digit))
            .unwrap_or(c)
    };
    HashMap::from([
        ("key_upper", key.to_uppercase()),
        ("key_nohyphen", key.replace('-', "")),
        ("key_short", key[..key.len() - 1].to_owned()),
        ("key_fullwidth", key.chars().map(fullwidth).collect()),
        ("other_key", other.key.clone().expect("key-bound")),
        ("key", key),
    ])
}

/// Fills the places `{word}` of a template. Braces around a place stay: `{{key}}` is the key in braces.
fn fill(template: &str, words: &HashMap<&str, String>) -> String {
    let place = |text: String, (word, by): (&&str, &String)| text.replace(&format!("{{{word}}}"), by);
    words.iter().fold(template.to_owned(), place)
}
