//! Every applicable case of the test vectors, each file's number of cases asserted so that a filter cannot empty it.

#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

use std::time::Duration;

use serde_json::Value;
use token_jwt::{
    Algorithm, ClaimsVerifier, Jwk, JwkSet, KeySet, Policy, SignError, Signer, SigningKey, SystemRandom, UnixTime,
    VerifyingKey,
};

fn read(path: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors/");
    let text = std::fs::read_to_string(format!("{folder}{path}")).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}"))
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2)
        .map(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap())
        .collect()
}

/// The result that `overrides.json` gives a case of a Wycheproof file; `None` for "either".
fn expected(overrides: &Value, file: &str, case: &Value) -> Option<bool> {
    let id = &case["tcId"];
    for row in list(&overrides["overrides"]) {
        if row["file"] == file && list(&row["tcIds"]).contains(id) {
            return match text(row, "tessera_expect") {
                "either" => None,
                other => Some(other == "valid"),
            };
        }
    }
    Some(case["result"] == "valid")
}

/// One verifying key as the vectors give it. The base64 group of the file signs with 32 zero bytes, which is refused as a
/// weak secret; only there that check is left out.
fn verifying_key(jwk: &Value) -> Option<VerifyingKey> {
    let key = Jwk::parse(&jwk.to_string()).ok()?;
    let algorithm = key.algorithms().next()?;
    match key.shared_secret() {
        Some(secret) if secret == [0; 32] => {
            let zeros = VerifyingKey::dangerous_weak_hmac(algorithm, secret).ok()?;
            Some(zeros.with_kid(token_jwt::Kid::new(key.kid()?).ok()?))
        }
        _ => key.verifying_key().ok(),
    }
}

fn unlimited() -> Policy {
    Policy::default().any_token_type().max_token_bytes(1 << 20)
}

fn verifies(keys: impl Into<KeySet>, token: &str) -> bool {
    ClaimsVerifier::new(keys, unlimited())
        .verify_signature_only(token)
        .is_ok()
}

#[test]
fn wycheproof_json_web_signature() {
    let file = "json_web_signature_test.json";
    let (vectors, overrides) = (read(&format!("wycheproof/{file}")), read("wycheproof/overrides.json"));
    let (mut cases, mut valid) = (0, 0);
    for group in list(&vectors["testGroups"]) {
        let jwk = if group["public"].is_object() {
            &group["public"]
        } else {
            &group["private"]
        };
        let key = verifying_key(jwk);
        for case in list(&group["tests"]) {
            let verdict = key.clone().is_some_and(|key| verifies(key, text(case, "jws")));
            if let Some(expected) = expected(&overrides, file, case) {
                assert_eq!(verdict, expected, "tcId {} {}", case["tcId"], case["comment"]);
            }
            (cases, valid) = (cases + 1, valid + usize::from(verdict));
        }
    }
    assert_eq!((cases, valid), (401, 42));
}

#[test]
fn wycheproof_json_web_key() {
    let file = "json_web_key_test.json";
    let (vectors, overrides) = (read(&format!("wycheproof/{file}")), read("wycheproof/overrides.json"));
    let (mut cases, mut valid) = (0, 0);
    for group in list(&vectors["testGroups"]) {
        let set = if group["public"].is_object() {
            &group["public"]
        } else {
            &group["private"]
        };
        let keys = KeySet::from_jwk_set(&set.to_string());
        for case in list(&group["tests"]) {
            let verdict = keys.clone().is_ok_and(|keys| verifies(keys, text(case, "jws")));
            if let Some(expected) = expected(&overrides, file, case) {
                assert_eq!(verdict, expected, "tcId {} {}", case["tcId"], case["comment"]);
            } else {
                assert!(!verdict, "ROCA moduli are recognised at import");
            }
            (cases, valid) = (cases + 1, valid + usize::from(verdict));
        }
    }
    assert_eq!((cases, valid), (26, 5));
}

/// Runs the cases of a primitive's file: how many there are, and how many verified.
fn primitive(file: &str, key: impl Fn(&Value) -> VerifyingKey, expect: impl Fn(&Value) -> bool) -> (usize, usize) {
    let vectors = read(&format!("wycheproof/{file}"));
    let (mut cases, mut valid) = (0, 0);
    for group in list(&vectors["testGroups"]) {
        let key = key(group);
        for case in list(&group["tests"]) {
            let verdict = key.verifies(&hex(text(case, "msg")), &hex(text(case, "sig")));
            assert_eq!(verdict, expect(case), "{file} {} {}", case["tcId"], case["comment"]);
            (cases, valid) = (cases + 1, valid + usize::from(verdict));
        }
    }
    (cases, valid)
}

/// The same key in each form that a group gives it.
fn in_every_form(algorithm: Algorithm, group: &Value, jwk: &str) -> VerifyingKey {
    let from_der = VerifyingKey::from_der(algorithm, &hex(text(group, "publicKeyDer"))).unwrap();
    let from_pem = VerifyingKey::from_pem(algorithm, text(group, "publicKeyPem")).unwrap();
    assert_eq!(from_der.thumbprint(), from_pem.thumbprint());
    if group[jwk].is_object() {
        let mut plain = group[jwk].clone();
        plain.as_object_mut().unwrap().remove("alg");
        let jwk = Jwk::parse(&plain.to_string())
            .unwrap()
            .verifying_key_for(algorithm)
            .unwrap();
        assert_eq!(jwk.thumbprint(), from_der.thumbprint());
    }
    from_der
}

fn is_valid(case: &Value) -> bool {
    case["result"] == "valid"
}

#[test]
fn wycheproof_ed25519() {
    let key = |group: &Value| in_every_form(Algorithm::EdDSA, group, "publicKeyJwk");
    assert_eq!(primitive("ed25519_test.json", key, is_valid), (151, 88));
}

#[test]
fn wycheproof_ecdsa() {
    for (file, algorithm, counts) in [
        ("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::ES256, (262, 173)),
        ("ecdsa_secp384r1_sha384_p1363_test.json", Algorithm::ES384, (280, 193)),
    ] {
        let key = |group: &Value| in_every_form(algorithm, group, "publicKeyJwk");
        assert_eq!(primitive(file, key, is_valid), counts, "{file}");
    }
}

#[test]
fn wycheproof_rsa_pkcs1() {
    // "acceptable" is the missing NULL in the digest's algorithm identifier: refused.
    let mut counts = Vec::new();
    for (size, hash, algorithm) in [
        (2048, 256, Algorithm::RS256),
        (2048, 384, Algorithm::RS384),
        (2048, 512, Algorithm::RS512),
        (3072, 256, Algorithm::RS256),
        (4096, 512, Algorithm::RS512),
    ] {
        let file = format!("rsa_signature_{size}_sha{hash}_test.json");
        let key = |group: &Value| in_every_form(algorithm, group, "keyJwk");
        counts.push(primitive(&file, key, is_valid));
    }
    assert_eq!(counts, [(259, 9), (258, 7), (259, 8), (259, 8), (259, 7)]);
}

#[test]
fn wycheproof_rsa_pss() {
    for (file, algorithm, counts) in [
        ("rsa_pss_2048_sha256_mgf1_32_test.json", Algorithm::PS256, (108, 63)),
        ("rsa_pss_2048_sha384_mgf1_48_test.json", Algorithm::PS384, (141, 95)),
        ("rsa_pss_4096_sha512_mgf1_64_test.json", Algorithm::PS512, (179, 132)),
    ] {
        let key = |group: &Value| in_every_form(algorithm, group, "publicKeyJwk");
        assert_eq!(primitive(file, key, is_valid), counts, "{file}");
    }
}

#[test]
fn wycheproof_hmac_with_complete_tags_only() {
    for (bits, algorithm) in [
        (256, Algorithm::HS256),
        (384, Algorithm::HS384),
        (512, Algorithm::HS512),
    ] {
        let vectors = read(&format!("wycheproof/hmac_sha{bits}_test.json"));
        let (mut cases, mut valid, mut short) = (0, 0, 0);
        for group in list(&vectors["testGroups"]) {
            for case in list(&group["tests"]) {
                cases += 1;
                let Ok(key) = VerifyingKey::dangerous_weak_hmac(algorithm, &hex(text(case, "key"))) else {
                    assert!(text(case, "key").len() * 4 < bits, "only short keys are refused");
                    short += 1;
                    continue;
                };
                let verdict = key.verifies(&hex(text(case, "msg")), &hex(text(case, "tag")));
                let whole = group["tagSize"].as_u64() == Some(bits as u64);
                assert_eq!(verdict, whole && is_valid(case), "HS{bits} {}", case["tcId"]);
                valid += usize::from(verdict);
            }
        }
        assert_eq!(cases, 174);
        assert_eq!((valid, short), (30, 6), "HS{bits}");
    }
}

#[test]
fn rfc_tokens() {
    let vectors = read("rfc/jws_jwt.json");
    let mut cases = 0;
    for case in list(&vectors["cases"]) {
        let verdict = rfc_verdict(case);
        let expected = case["expect"] == "valid" && case["optional"] != true;
        assert_eq!(verdict, expected, "{}", case["name"]);
        cases += 1;
    }
    assert_eq!(cases, 16);
}

/// The key is tried as each algorithm of its kind, as none of the RFCs' keys names its own.
fn rfc_verdict(case: &Value) -> bool {
    let Ok(jwk) = Jwk::parse(&case["key"].to_string()) else {
        return false;
    };
    let token = text(case, "token");
    let policy = unlimited().max_lifetime(Duration::from_secs(1 << 31));
    let one = |algorithm| {
        let verifier = ClaimsVerifier::new(jwk.verifying_key_for(algorithm).unwrap(), policy.clone());
        if case["layer"] == "jws" {
            let Ok(payload) = verifier.verify_signature_only(token) else {
                return false;
            };
            if let Some(encoded) = case["payload_b64u"].as_str() {
                assert!(token.contains(&format!(".{encoded}.")) && !payload.is_empty());
            }
            return true;
        }
        let now = UnixTime::from_secs(case["now"].as_i64().unwrap());
        verifier.verify::<()>(token, now).is_ok()
    };
    jwk.algorithms().filter(|algorithm| one(*algorithm)).count() == 1
}

#[test]
fn rfc_7638_thumbprints() {
    let vectors = read("rfc/jwk_thumbprint.json");
    let mut cases = 0;
    for case in list(&vectors["cases"]) {
        let jwk = Jwk::parse(&case["jwk"].to_string()).unwrap();
        let algorithm = jwk.algorithms().next().unwrap();
        let key = jwk.verifying_key_for(algorithm).unwrap();
        assert_eq!(key.thumbprint().unwrap(), text(case, "sha256_b64u"), "{}", case["name"]);
        cases += 1;
    }
    assert_eq!(cases, 5);
}

/// The decoder is private: each text is the payload of a token with a correct MAC.
#[test]
fn rfc_4648_base64url() {
    let vectors = read("rfc/base64url.json");
    let secret = hex("f9e6ee0cdb15676889b6867e6a47d74d20ade143b672bb8b0ac6d69418a78201");
    let verifier = ClaimsVerifier::new(VerifyingKey::hmac(Algorithm::HS256, &secret).unwrap(), unlimited());
    let payload_of = |segment: &str| verifier.verify_signature_only(&maced(&secret, segment));
    let (mut good, mut bad) = (0, 0);
    for case in list(&vectors["decode_ok"]) {
        assert_eq!(
            payload_of(text(case, "text")).unwrap(),
            hex(text(case, "hex")),
            "{case}"
        );
        good += 1;
    }
    for case in list(&vectors["decode_error"]) {
        assert!(payload_of(text(case, "text")).is_err(), "{case}");
        bad += 1;
    }
    assert_eq!((good, bad), (12, 19));
}

#[test]
fn rfc_4231_hmac() {
    let vectors = read("rfc/hmac_rfc4231.json");
    let mut checked = 0;
    for case in list(&vectors["cases"]) {
        for (algorithm, member) in [
            (Algorithm::HS256, "hs256"),
            (Algorithm::HS384, "hs384"),
            (Algorithm::HS512, "hs512"),
        ] {
            // Keys of 20 and 4 bytes are refused; the two of 131 bytes are not.
            let key = hex(text(case, "key_hex"));
            match VerifyingKey::dangerous_weak_hmac(algorithm, &key) {
                Err(_) => assert!(key.len() < 32),
                Ok(key) => {
                    assert!(key.verifies(&hex(text(case, "msg_hex")), &hex(text(case, member))));
                    checked += 1;
                }
            }
        }
    }
    assert_eq!((list(&vectors["cases"]).len(), checked), (6, 6));
}

#[test]
fn rfc_8032_ed25519() {
    let vectors = read("rfc/ed25519_rfc8032.json");
    let mut cases = 0;
    for case in list(&vectors["cases"]) {
        let (message, signature) = (hex(text(case, "msg_hex")), hex(text(case, "sig_hex")));
        let key = VerifyingKey::ed25519(&hex(text(case, "public_hex"))).unwrap();
        assert!(key.verifies(&message, &signature));
        let pkcs8 = [hex("302e020100300506032b657004220420"), hex(text(case, "secret_hex"))].concat();
        let own = SigningKey::from_der(Algorithm::EdDSA, &pkcs8, &SystemRandom::new()).unwrap();
        assert_eq!(own.verifying_key().thumbprint(), key.thumbprint());
        cases += 1;
    }
    assert_eq!(cases, 3);
}

#[test]
fn rfc_6979_ecdsa() {
    let vectors = read("rfc/ecdsa_rfc6979.json");
    let mut cases = 0;
    for case in list(&vectors["cases"]) {
        let key = VerifyingKey::from_jwk(&case["jwk"].to_string()).unwrap();
        assert_eq!(key.algorithm().name(), text(case, "alg"));
        let signature = hex(text(case, "sig_hex"));
        assert!(key.verifies(text(case, "msg").as_bytes(), &signature));
        assert!(!key.verifies(b"another", &signature));
        cases += 1;
    }
    assert_eq!(cases, 3);
}

#[test]
fn numeric_dates() {
    let vectors = read("tokens/numericdate_cases.json");
    let now = UnixTime::from_secs(vectors["now"].as_i64().unwrap());
    let longest = Duration::from_secs(vectors["max_lifetime_s"].as_u64().unwrap());
    let secret = hex("f9e6ee0cdb15676889b6867e6a47d74d20ade143b672bb8b0ac6d69418a78201");
    let key = VerifyingKey::hmac(Algorithm::HS256, &secret).unwrap();
    let verifier = ClaimsVerifier::new(key, Policy::default().max_lifetime(longest));
    let verdict = |json: &str| verifier.verify::<()>(&maced(&secret, &encode(json)), now).is_ok();
    let mut cases = 0;
    for case in list(&vectors["cases"]) {
        let raw = text(case, "exp_json");
        let valid = case["expect"] == "valid";
        assert_eq!(
            verdict(&format!("{{\"iat\":1699999990,\"exp\":{raw}}}")),
            valid,
            "{case}"
        );
        assert_eq!(
            verdict(&format!("{{\"exp\":{raw}}}")),
            valid,
            "without iat the bound counts from now: {case}"
        );
        // The same texts as `nbf` and `iat`: what is a number and not in the future is fine there.
        let past = raw.parse::<f64>().is_ok_and(|value| value <= 1.7e9);
        for claim in ["nbf", "iat"] {
            let lives = claim == "nbf" || raw.parse::<f64>().is_ok_and(|value| value >= 1.7e9 - 86_399.0);
            let json = format!("{{\"{claim}\":{raw},\"exp\":1700000001}}");
            assert_eq!(verdict(&json), past && lives, "{json}");
        }
        cases += 1;
    }
    assert_eq!(cases, 26);
}

#[test]
fn a_set_without_a_key_for_signatures_is_an_error() {
    let json = r#"{"keys":[{"kty":"EC","crv":"P-256","use":"enc","kid":"a",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    assert!(JwkSet::parse(json).is_err());
}

/// `{"alg":"HS256"}`, this segment, and a correct MAC over both.
fn maced(secret: &[u8], segment: &str) -> String {
    use ring::hmac;
    let message = format!("{}.{segment}", encode(r#"{"alg":"HS256"}"#));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag.as_ref()))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn claims_that_are_not_an_object_are_not_signed() {
    let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).unwrap();
    let signer = Signer::new(key);
    assert_eq!(signer.sign(&[1, 2, 3], &SystemRandom::new()), Err(SignError::Claims));
}
