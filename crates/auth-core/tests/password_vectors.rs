//! The bcrypt vectors, through a whole sign-in or a new password.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use auth_core::SignInError;
use password_support::{Setup, TARGET, block_on, source};
use serde_json::Value;

fn vectors(file: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors/bcrypt/");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}{file}")).unwrap()).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(byte).collect()
}

/// The password of a case, if it can be used in a sign-in: text, and not the empty one of bcrypt's own tests.
fn password(case: &Value) -> Option<String> {
    let password = String::from_utf8(bytes(text(case, "password_hex"))).ok()?;
    let ours = !password.is_empty() || case["layer"] != "raw";
    ours.then_some(password)
}

#[test]
fn each_stored_hash_accepts_the_listed_passwords() {
    let setup = Setup::patient();
    let vectors = vectors("vectors.json");
    let cases = vectors["cases"].as_array().unwrap();
    let (mut signed_in, mut refused, mut set, mut beyond_reach) = (0, 0, 0, 0);
    for case in cases {
        let name = text(case, "name");
        let Some(password) = password(case) else {
            beyond_reach += 1;
            continue;
        };
        if case["op"] == "set" {
            assert!(
                block_on(setup.hasher.hash(&password.into(), source(1))).is_err(),
                "{name}"
            );
            set += 1;
            continue;
        }
        setup.store.add(name, Some(text(case, "hash")));
        match (setup.sign_in(name, &password), text(case, "expect")) {
            (Ok(_), "match") => signed_in += 1,
            (Err(SignInError::WrongPassword), "no_match" | "reject") => refused += 1,
            (outcome, expected) => panic!("{name}: {outcome:?}, not {expected}"),
        }
    }
    assert_eq!((signed_in, refused, set, beyond_reach), (25, 19, 1, 22));
    assert_eq!(cases.len(), 67);
}

#[test]
fn a_malformed_hash_is_a_wrong_password_with_equal_work() {
    let setup = Setup::patient();
    let vectors = vectors("malformed_hashes.json");
    let lists = [&vectors["reject"], &vectors["reject_cost_too_high"]["hashes"]];
    let hashes: Vec<_> = lists.iter().flat_map(|list| list.as_array().unwrap()).collect();
    for (number, hash) in hashes.iter().enumerate() {
        let login = format!("row-{number}");
        setup.store.add(&login, hash.as_str());
        let outcome = setup.sign_in(&login, text(&vectors, "password"));
        assert_eq!(outcome, Err(SignInError::WrongPassword), "{hash}");
        assert_eq!(setup.recorder.take_work(), 1 << TARGET, "{hash}");
    }
    assert_eq!(hashes.len(), 47 + 3);
}
