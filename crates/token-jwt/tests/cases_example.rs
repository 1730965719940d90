//! The example `verify_cases` over a file with good tokens and adversarial ones.
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/verify_cases.rs"]
mod verify_cases;

use serde_json::{Value, json};
use support::*;

fn file() -> Value {
    let hs256 = json!({"kty": "oct", "alg": "HS256", "kid": "k1", "k": encode(SECRET)});
    let zeros = json!({"kty": "oct", "alg": "HS256", "k": encode([0; 32])});
    let without_alg = json!({"kty": "oct", "k": encode(SECRET)});
    let at = r#"{"typ":"at+jwt","alg":"HS256","kid":"k1"}"#;
    let zero_token = maced_with(&[0; 32], &encode(r#"{"alg":"HS256"}"#), "VGVzdA");
    let bare = r#"{"typ":"at+jwt","alg":"HS256"}"#;
    let case = |name: &str, key: &Value, token: &str, layer: &str| json!({"name": name, "key": key, "token": token, "layer": layer});
    let mut allowed = case("algs leaves it out", &hs256, &token(at, GOOD), "jwt");
    allowed["algs"] = json!(["RS256", "HS512"]);
    let mut later = case("its own now", &hs256, &token(at, GOOD), "jwt");
    later["now"] = json!(1_700_000_600);
    json!({
        "profile": {
            "now": NOW, "iss": "https://issuer.example", "aud": "api", "leeway": 0, "max_lifetime": 3600, "typ": "at+jwt",
            "required": ["iss", "sub", "aud", "exp", "iat", "jti"], "max_token_bytes": 8192
        },
        "cases": [
            case("good", &hs256, &token(at, GOOD), "jwt"),
            case("good in a set", &json!({"keys": [hs256]}), &token(at, GOOD), "jwt"),
            case("good without alg in the key", &without_alg, &token(bare, GOOD), "jwt"),
            case("wrong type", &hs256, &token(HEADER, GOOD), "jwt"),
            case("wrong type, signature only", &hs256, &token(HEADER, "any bytes"), "jws"),
            case("no iat", &hs256, &token(at, GOOD.replace("iat", "ita")), "jwt"),
            case("zeros, signature only", &zeros, &zero_token, "jws"),
            case("zeros as a JWT", &zeros, &maced_with(&[0; 32], &encode(bare), &encode(GOOD)), "jwt"),
            allowed,
            later,
            case("no key at all", &json!({}), &token(at, GOOD), "jws"),
            case("name\twith\ncontrols", &hs256, "", "jws"),
        ]
    })
}

#[test]
fn each_case_gets_its_line() {
    let report = verify_cases::report(&file().to_string()).unwrap();
    let lines: Vec<Vec<&str>> = report.lines().map(|line| line.split('\t').collect()).collect();
    let verdicts: Vec<(&str, &str)> = lines.iter().map(|line| (line[0], line[1])).collect();
    assert!(lines.iter().all(|line| line.len() == 3 && !line[2].is_empty()));
    assert_eq!(
        verdicts,
        [
            ("good", "valid"),
            ("good in a set", "valid"),
            ("good without alg in the key", "valid"),
            ("wrong type", "invalid"),
            ("wrong type, signature only", "valid"),
            ("no iat", "invalid"),
            ("zeros, signature only", "valid"),
            ("zeros as a JWT", "invalid"),
            ("algs leaves it out", "invalid"),
            ("its own now", "invalid"),
            ("no key at all", "invalid"),
            ("name\\twith\\ncontrols", "invalid"),
        ]
    );
}
