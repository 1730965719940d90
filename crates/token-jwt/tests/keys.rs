//! Keys: what is refused at import and why, what is exported, and what never is (K-01 to K-09, K-14).
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use serde_json::{Value, json};
use support::*;
use token_jwt::{
    Algorithm, ClaimsVerifier, Family, Jwk, JwkSet, KeyError, KeySet, Kid, Policy, SecretBytes, Signer, SigningKey,
    VerifyingKey, write_jwk_set,
};

fn generated(algorithm: Algorithm) -> SigningKey {
    let key = match algorithm.family() {
        Family::Rsa => Jwk::parse(&rsa_jwk())
            .unwrap()
            .signing_key_for(algorithm, &random())
            .unwrap(),
        _ => SigningKey::generate(algorithm, &random()).unwrap(),
    };
    key.with_kid(named("k1"))
}

fn private_json(key: &SigningKey) -> Value {
    serde_json::from_slice(key.to_private_jwk().expose()).unwrap()
}

fn parse(json: &Value) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_jwk(&json.to_string())
}

#[test]
fn every_algorithm_signs_what_its_own_key_verifies() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(generated(algorithm));
        let verifying = signer.key().verifying_key().clone();
        let claims: Value = serde_json::from_str(GOOD).unwrap();
        let token = signer.sign(&claims, &random()).unwrap();
        assert_eq!(rejection(verifying.clone(), policy(), &token), None, "{algorithm}");
        assert_eq!(
            token.capacity(),
            token.len(),
            "{algorithm}: written once, into memory of its size"
        );
        let header = token_jwt::peek_unverified(&token).unwrap().header_json().to_owned();
        assert_eq!(header, format!(r#"{{"typ":"JWT","alg":"{algorithm}","kid":"k1"}}"#));
        let another = match algorithm.family() {
            Family::Rsa => continue,
            _ => SigningKey::generate(algorithm, &random())
                .unwrap()
                .with_kid(named("k1")),
        };
        assert!(rejection(another.verifying_key().clone(), policy(), &token).is_some());
    }
}

#[test]
fn a_key_is_unchanged_by_export_and_import_as_private_jwk() {
    for algorithm in Algorithm::ALL {
        let key = generated(algorithm);
        let stored = key.to_private_jwk();
        let text = std::str::from_utf8(stored.expose()).unwrap();
        let again = SigningKey::from_jwk(text, &random()).unwrap();
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.algorithm(), algorithm);
        assert_eq!(again.to_private_jwk().expose(), stored.expose());
        let token = Signer::new(again).sign(&json!({"exp": NOW + 1}), &random()).unwrap();
        assert_eq!(rejection(key.verifying_key().clone(), Policy::default(), &token), None);
    }
}

#[test]
fn hmac_keys_are_as_long_as_their_hash() {
    for (algorithm, needed) in [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)] {
        for found in [0, 1, 16, needed - 1] {
            let short = KeyError::HmacTooShort { needed, found };
            assert_eq!(
                VerifyingKey::hmac(algorithm, &SECRET[..found]).err(),
                Some(short.clone())
            );
            assert_eq!(SigningKey::hmac(algorithm, &SECRET[..found]).err(), Some(short.clone()));
            let jwk = json!({"kty": "oct", "alg": algorithm.name(), "k": encode(&SECRET[..found])});
            assert_eq!(parse(&jwk).err(), Some(short));
        }
        assert!(VerifyingKey::hmac(algorithm, &SECRET[..needed]).is_ok());
    }
    assert!(matches!(
        VerifyingKey::hmac(Algorithm::EdDSA, &SECRET).err(),
        Some(KeyError::WrongAlgorithm {
            asked: Algorithm::EdDSA,
            key: Family::Hmac
        })
    ));
}

#[test]
fn weak_secrets_are_refused_at_any_length() {
    let pem = generated(Algorithm::ES256).verifying_key().to_jwk().unwrap();
    for secret in [
        &[0x61; 32][..],
        &[0; 64],
        b"passwordpasswordpasswordpassword",
        b"your-256-bit-secret-your-256-bit-secret",
        pem.as_bytes(),
    ] {
        assert_eq!(
            VerifyingKey::hmac(Algorithm::HS256, secret).err(),
            Some(KeyError::WeakSecret)
        );
        assert_eq!(
            SigningKey::hmac(Algorithm::HS256, secret).err(),
            Some(KeyError::WeakSecret)
        );
        let jwk = json!({"kty": "oct", "alg": "HS256", "k": encode(secret)});
        assert_eq!(parse(&jwk).err(), Some(KeyError::WeakSecret));
        assert!(SigningKey::from_jwk(&jwk.to_string(), &random()).is_err());
    }
}

#[test]
fn rsa_keys_have_a_safe_size_and_exponent() {
    let n = |bits: usize| {
        let mut bytes = vec![0x5B; bits / 8];
        bytes[0] = 0xB5;
        encode(bytes)
    };
    let jwk = |n: String, e: &[u8]| json!({"kty": "RSA", "alg": "RS256", "n": n, "e": encode(e)});
    assert!(parse(&jwk(n(2048), &[1, 0, 1])).is_ok());
    assert!(parse(&jwk(n(8192), &[1, 0, 1])).is_ok());
    assert_eq!(
        parse(&jwk(n(1024), &[1, 0, 1])).err(),
        Some(KeyError::RsaSize { bits: 1024 })
    );
    assert_eq!(
        parse(&jwk(n(8200), &[1, 0, 1])).err(),
        Some(KeyError::RsaSize { bits: 8200 })
    );
    for e in [&[1][..], &[2], &[1, 0, 0]] {
        assert_eq!(parse(&jwk(n(2048), e)).err(), Some(KeyError::RsaExponent), "{e:?}");
    }
    assert_eq!(parse(&jwk(n(2048), &[])).err(), Some(KeyError::Malformed("e")));
    assert_eq!(
        parse(&jwk(n(2048), &[0, 1, 0, 1])).err(),
        Some(KeyError::Malformed("e"))
    );
    assert_eq!(
        parse(&json!({"kty": "RSA", "alg": "RS256", "n": n(2048)})).err(),
        Some(KeyError::Missing("e"))
    );
}

#[test]
fn points_are_whole_and_on_the_curve_they_name() {
    let good: Value = serde_json::from_str(&generated(Algorithm::ES256).verifying_key().to_jwk().unwrap()).unwrap();
    assert!(parse(&good).is_ok());
    let with = |member: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[member] = value;
        parse(&jwk).err()
    };
    let x = good["x"].as_str().unwrap();
    let bytes = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(x).unwrap()
    };
    assert_eq!(with("x", good["y"].clone()), Some(KeyError::NotOnCurve));
    assert_eq!(with("x", encode([0; 32]).into()), Some(KeyError::NotOnCurve));
    assert_eq!(with("x", encode(&bytes[1..]).into()), Some(KeyError::Malformed("x")));
    assert_eq!(
        with("x", encode([&[0], &bytes[..]].concat()).into()),
        Some(KeyError::Malformed("x"))
    );
    assert_eq!(with("x", format!("{x}=").into()), Some(KeyError::Malformed("x")));
    assert_eq!(with("crv", "P-521".into()), Some(KeyError::UnknownCurve));
    assert_eq!(with("crv", "secp256k1".into()), Some(KeyError::UnknownCurve));
    assert_eq!(with("crv", "P-384".into()), Some(KeyError::Malformed("x")));
    assert_eq!(with("kty", "OKP".into()), Some(KeyError::UnknownCurve));
    assert_eq!(
        with("alg", "ES384".into()),
        Some(KeyError::WrongAlgorithm {
            asked: Algorithm::ES384,
            key: Family::P256
        })
    );
    assert_eq!(with("alg", "ES256K".into()), Some(KeyError::UnknownAlgorithm));
    for member in ["x", "y", "crv"] {
        let mut jwk = good.clone();
        jwk.as_object_mut().unwrap().remove(member);
        assert!(matches!(parse(&jwk).err(), Some(KeyError::Missing(name)) if name == member));
    }
}

#[test]
fn ed25519_keys_have_32_bytes_and_large_order() {
    let jwk = |x: &[u8]| json!({"kty": "OKP", "crv": "Ed25519", "x": encode(x)});
    for length in [0, 31, 33, 64] {
        assert_eq!(
            parse(&jwk(&SECRET[..length])).err(),
            Some(KeyError::Malformed("x")),
            "{length}"
        );
    }
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(parse(&jwk(&identity)).err(), Some(KeyError::SmallOrder));
    assert_eq!(parse(&jwk(&[0; 32])).err(), Some(KeyError::SmallOrder));
    assert_eq!(parse(&jwk(&[0xFF; 32])).err(), Some(KeyError::NotOnCurve));
    assert_eq!(
        parse(&json!({"kty": "OKP", "crv": "X25519", "x": encode([9; 32])})).err(),
        Some(KeyError::UnknownCurve)
    );
}

#[test]
fn use_and_key_ops_are_enforced() {
    let jwk = |extra: Value| {
        let mut jwk = json!({"kty": "oct", "alg": "HS256", "k": encode(SECRET)});
        jwk.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        jwk.to_string()
    };
    let verify = |extra| VerifyingKey::from_jwk(&jwk(extra)).err();
    let sign = |extra| SigningKey::from_jwk(&jwk(extra), &random()).err();
    assert_eq!(verify(json!({"use": "sig", "key_ops": ["sign", "verify"]})), None);
    assert_eq!(verify(json!({"use": "enc"})), Some(KeyError::NotForSignatures));
    assert_eq!(
        verify(json!({"key_ops": ["sign"]})),
        Some(KeyError::OperationNotAllowed)
    );
    assert_eq!(sign(json!({"key_ops": ["sign"]})), None);
    assert_eq!(
        sign(json!({"key_ops": ["verify"]})),
        Some(KeyError::OperationNotAllowed)
    );
    assert_eq!(
        verify(json!({"key_ops": ["encrypt", "decrypt"]})),
        Some(KeyError::OperationNotAllowed)
    );
    assert_eq!(verify(json!({"key_ops": []})), Some(KeyError::OperationNotAllowed));
    for bad in [
        json!({"use": null}),
        json!({"alg": null}),
        json!({"kid": 7}),
        json!({"key_ops": "verify"}),
    ] {
        assert!(matches!(verify(bad), Some(KeyError::Json(_))));
    }
    assert_eq!(verify(json!({"kid": ""})), Some(KeyError::Kid));
    assert_eq!(verify(json!({"kid": "a\nb"})), Some(KeyError::Kid));
    assert_eq!(verify(json!({"kid": "k".repeat(257)})), Some(KeyError::Kid));
}

#[test]
fn a_key_that_names_no_algorithm_is_bound_by_the_caller_within_its_family() {
    let jwk = Jwk::parse(&json!({"kty": "oct", "k": encode(SECRET)}).to_string()).unwrap();
    assert_eq!(jwk.verifying_key().err(), Some(KeyError::AlgorithmAmbiguous));
    assert!(jwk.verifying_key_for(Algorithm::HS512).is_ok());
    assert_eq!(
        jwk.verifying_key_for(Algorithm::RS256).err(),
        Some(KeyError::WrongAlgorithm {
            asked: Algorithm::RS256,
            key: Family::Hmac
        })
    );
    let bound = Jwk::parse(&json!({"kty": "oct", "alg": "HS256", "k": encode(SECRET)}).to_string()).unwrap();
    assert!(
        bound.verifying_key_for(Algorithm::HS512).is_err(),
        "the algorithm it names is binding"
    );
    assert_eq!(
        Jwk::parse(&rsa_jwk()).unwrap().verifying_key().err(),
        Some(KeyError::AlgorithmAmbiguous)
    );
}

#[test]
fn sets_have_keys_of_one_kind_with_different_names() {
    let key = |algorithm: Algorithm, kid: &str| {
        let key = SigningKey::generate(algorithm, &random()).unwrap().with_kid(named(kid));
        private_json(&key)
    };
    let set = |keys: Vec<Value>| KeySet::from_jwk_set(&json!({"keys": keys}).to_string());
    let (a, b) = (key(Algorithm::ES256, "a"), key(Algorithm::EdDSA, "b"));
    assert_eq!(set(vec![a.clone(), b.clone()]).unwrap().keys().len(), 2);
    assert_eq!(set(vec![a.clone(), a.clone()]).err(), Some(KeyError::RepeatedKid));
    assert_eq!(
        set(vec![a.clone(), key(Algorithm::HS256, "c")]).err(),
        Some(KeyError::MixedSet)
    );
    assert_eq!(set(vec![]).err(), Some(KeyError::EmptySet));
    let mut unnamed = b.clone();
    unnamed.as_object_mut().unwrap().remove("kid");
    assert_eq!(
        set(vec![a.clone(), unnamed.clone()]).err(),
        Some(KeyError::UnnamedInSet)
    );
    assert!(set(vec![unnamed]).is_ok());
    for foreign in [
        json!({"kty": "EC", "crv": "P-521", "kid": "z", "x": "AA", "y": "AA"}),
        json!({"kty": "XYZ", "kid": "z"}),
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "ML-DSA-65", "kid": "z", "x": "AA"}),
        json!({"kty": "RSA", "use": "enc", "kid": "z", "n": "AA", "e": "AQAB"}),
    ] {
        assert_eq!(
            set(vec![a.clone(), foreign.clone()]).unwrap().keys().len(),
            1,
            "{foreign}"
        );
        let only = JwkSet::parse(&json!({"keys": [foreign]}).to_string());
        assert_eq!(only.err(), Some(KeyError::EmptySet));
    }
    let broken = json!({"kty": "EC", "crv": "P-256", "kid": "z", "x": encode([0; 32]), "y": encode([0; 32])});
    assert_eq!(set(vec![a.clone(), broken]).err(), Some(KeyError::NotOnCurve));
    let text = json!({"keys": [a]}).to_string();
    assert!(
        KeySet::from_jwk_set(&text.replacen("\"kid\"", "\"kid\":\"x\",\"kid\"", 1)).is_err(),
        "a name twice"
    );
    assert_eq!(
        KeySet::from_jwk_set_for(&text, Algorithm::EdDSA).err(),
        Some(KeyError::EmptySet)
    );
    assert!(KeySet::from_jwk_set_for(&text, Algorithm::ES256).is_ok());
    assert_eq!(KeySet::new(vec![]).err(), Some(KeyError::EmptySet));
}

#[test]
fn a_set_of_single_keys_is_checked_like_a_jwk_set() {
    let unnamed = |algorithm: Algorithm| {
        SigningKey::generate(algorithm, &random())
            .unwrap()
            .verifying_key()
            .clone()
    };
    let key = |algorithm: Algorithm, kid: &str| unnamed(algorithm).with_kid(named(kid));
    let (shared, public) = (key(Algorithm::HS256, "a"), key(Algorithm::ES256, "b"));
    for mixed in [[&shared, &public], [&public, &shared]] {
        let set = KeySet::new(mixed.map(Clone::clone).to_vec());
        assert_eq!(set.err(), Some(KeyError::MixedSet));
    }
    for (second, error) in [
        (key(Algorithm::EdDSA, "c"), None),
        (key(Algorithm::EdDSA, "b"), Some(KeyError::RepeatedKid)),
        (unnamed(Algorithm::EdDSA), Some(KeyError::UnnamedInSet)),
    ] {
        assert_eq!(KeySet::new(vec![public.clone(), second]).err(), error);
    }
    assert!(KeySet::new(vec![shared.clone(), key(Algorithm::HS512, "c")]).is_ok());
    assert!(KeySet::new(vec![unnamed(Algorithm::HS384)]).is_ok());
}

#[test]
fn a_published_set_has_public_members_only() {
    let keys: Vec<SigningKey> = Algorithm::ALL
        .into_iter()
        .map(|algorithm| generated(algorithm).with_kid(named(algorithm.name())))
        .collect();
    let published = write_jwk_set(keys.iter().map(SigningKey::verifying_key));
    let set: Value = serde_json::from_str(&published).unwrap();
    let listed = set["keys"].as_array().unwrap();
    assert_eq!(listed.len(), 9, "the three shared secrets are left out");
    for key in listed {
        assert_ne!(key["kty"], "oct");
        assert_eq!(key["use"], "sig");
        for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(member).is_none(), "{member} in {key}");
        }
    }
    let again = KeySet::from_jwk_set(&published).unwrap();
    for (ours, theirs) in keys
        .iter()
        .filter(|key| !key.algorithm().is_symmetric())
        .zip(again.keys())
    {
        assert_eq!(ours.kid(), theirs.kid());
        assert_eq!(ours.algorithm(), theirs.algorithm());
        assert_eq!(ours.verifying_key().thumbprint(), theirs.thumbprint());
    }
    assert_eq!(write_jwk_set([]), r#"{"keys":[]}"#);
    let secret = generated(Algorithm::HS256);
    assert_eq!(
        (secret.verifying_key().to_jwk(), secret.verifying_key().thumbprint()),
        (None, None)
    );
}

#[test]
fn private_and_public_parts_must_belong_together() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        let mut mixed = private_json(&generated(algorithm));
        mixed["d"] = private_json(&generated(algorithm))["d"].clone();
        assert_eq!(
            SigningKey::from_jwk(&mixed.to_string(), &random()).err(),
            Some(KeyError::PartsDisagree)
        );
    }
    let rsa: Value = serde_json::from_str(&rsa_jwk()).unwrap();
    for (from, to) in [("dp", "dq"), ("q", "p"), ("qi", "dp")] {
        let mut mixed = rsa.clone();
        mixed["alg"] = "RS256".into();
        mixed[to] = rsa[from].clone();
        assert_eq!(
            SigningKey::from_jwk(&mixed.to_string(), &random()).err(),
            Some(KeyError::PartsDisagree),
            "{from} as {to}"
        );
    }
    let public = generated(Algorithm::ES256).verifying_key().to_jwk().unwrap();
    assert_eq!(
        SigningKey::from_jwk(&public, &random()).err(),
        Some(KeyError::NoPrivatePart)
    );
    assert_eq!(
        SigningKey::generate(Algorithm::RS256, &random()).err(),
        Some(KeyError::NoPrivatePart)
    );
}

#[test]
fn raw_public_keys_are_checked_like_others() {
    let jwk: Value = serde_json::from_str(&generated(Algorithm::ES384).verifying_key().to_jwk().unwrap()).unwrap();
    let bytes = |name: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(jwk[name].as_str().unwrap())
            .unwrap()
    };
    let (x, y) = (bytes("x"), bytes("y"));
    assert!(VerifyingKey::ecdsa(Algorithm::ES384, &x, &y).is_ok());
    assert_eq!(
        VerifyingKey::ecdsa(Algorithm::ES256, &x, &y).err(),
        Some(KeyError::Malformed("x"))
    );
    assert!(matches!(
        VerifyingKey::ecdsa(Algorithm::EdDSA, &x[..32], &y[..32]).err(),
        Some(KeyError::NotOnCurve)
    ));
    assert_eq!(
        VerifyingKey::ecdsa(Algorithm::ES384, &y, &x).err(),
        Some(KeyError::NotOnCurve)
    );
    assert_eq!(
        VerifyingKey::rsa(Algorithm::RS256, &[0xFF; 128], &[1, 0, 1]).err(),
        Some(KeyError::RsaSize { bits: 1024 })
    );
    assert!(matches!(
        VerifyingKey::rsa(Algorithm::ES256, &[0xFF; 256], &[1, 0, 1]).err(),
        Some(KeyError::WrongAlgorithm { .. })
    ));
}

#[test]
fn a_key_prints_its_algorithm_and_name() {
    let signing = generated(Algorithm::ES384);
    for shown in [
        format!("{:?}", signing.verifying_key()),
        format!("{signing:?}"),
        format!("{:?}", Signer::new(signing)),
    ] {
        assert!(shown.contains("ES384") && shown.contains("k1"), "{shown}");
    }
    let (claims, random) = (token_jwt::SignError::Claims, token_jwt::SignError::Random);
    assert!(claims.to_string().contains("claims") && random.to_string().contains("signature"));
}

#[test]
fn no_type_that_holds_a_key_prints_it() {
    for algorithm in Algorithm::ALL {
        let key = generated(algorithm);
        let json = private_json(&key);
        let secret_parts: Vec<String> = ["k", "d", "p", "q", "dp", "dq", "qi"]
            .iter()
            .filter_map(|name| json[*name].as_str().map(str::to_owned))
            .collect();
        assert!(!secret_parts.is_empty());
        let stored = key.to_private_jwk();
        let text = std::str::from_utf8(stored.expose()).unwrap();
        let jwk = Jwk::parse(text).unwrap();
        let set = JwkSet::parse(&format!("{{\"keys\":[{text}]}}")).unwrap();
        let keys = KeySet::from(key.verifying_key().clone());
        let verifier = ClaimsVerifier::new(keys.clone(), Policy::default());
        let printed = format!(
            "{key:?} {:?} {jwk:?} {set:?} {keys:?} {verifier:?} {stored:?} {:?} {:?}",
            key.verifying_key(),
            SecretBytes::new(stored.expose().to_vec()),
            Signer::new(generated(algorithm)),
        );
        for part in &secret_parts {
            let bytes = {
                use base64::Engine as _;
                base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()
            };
            let decimal = format!("{:?}", &bytes[..8]);
            let decimal = decimal.trim_matches(['[', ']']);
            assert!(
                !printed.contains(part.as_str()) && !printed.contains(decimal),
                "{algorithm}: {printed}"
            );
        }
    }
}

#[test]
fn random_names_differ() {
    let names: std::collections::HashSet<String> = (0..100)
        .map(|_| Kid::random(&random()).unwrap().as_str().to_owned())
        .collect();
    assert_eq!(names.len(), 100);
}
