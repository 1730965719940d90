//! Forgeries that the published vectors do not have: structure, algorithm, header, choice of key (J-03 to J-22, J-36 to J-40).
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use support::*;
use token_jwt::{Algorithm, Class, JsonError, Jwk, KeySet, Policy, Reason, Signer, SigningKey, VerifyingKey};

#[test]
fn the_good_token_is_accepted() {
    assert_eq!(rejected(&token(HEADER, GOOD)), None);
    for header in [
        r#"{"alg":"HS256","kid":"k1"}"#,
        r#"{"alg":"HS256"}"#,
        r#" { "alg" : "HS256" , "x5t" : [ { } ] , "typ" : "jwt" } "#,
        r#"{"alg":"HS256","typ":"application/JWT","kid":"k1"}"#,
        r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"http://127.0.0.1:1/","x5c":["AA"]}"#,
        r#"{"\u0061lg":"HS2\u00356","k\u0069d":"\u006b1"}"#,
    ] {
        assert_eq!(rejected(&token(header, GOOD)), None, "{header}");
    }
}

#[test]
fn unsecured_tokens_are_rejected() {
    let names = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "noNe",
        "nonE",
        "NoNe",
        "none ",
        " none",
        "none\\u0000",
        "n\\u006fne",
        "\\u006eone",
        "nоne",
        "",
        "null",
        "undefined",
        "no ne",
        "NONE\\n",
    ];
    for name in names {
        for kid in ["", r#","kid":"k1""#] {
            let header = encode(format!(r#"{{"typ":"JWT","alg":"{name}"{kid}}}"#));
            let message = format!("{header}.{}", encode(GOOD));
            let borrowed = token(HEADER, GOOD);
            let borrowed = borrowed.rsplit('.').next().unwrap();
            for signature in ["", borrowed, "AAAA"] {
                assert!(rejected(&format!("{message}.{signature}")).is_some(), "{name}");
            }
            let maced = maced_with(&SECRET, &header, &encode(GOOD));
            assert_eq!(rejected(&maced), Some(Reason::Algorithm), "{name}, correct MAC");
        }
    }
}

#[test]
fn a_public_key_does_not_verify_as_an_hmac_secret() {
    let random = random();
    let rsa = Jwk::parse(&rsa_jwk()).unwrap();
    for algorithm in [
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ] {
        let public = match algorithm {
            Algorithm::RS256 | Algorithm::PS256 => rsa.verifying_key_for(algorithm).unwrap(),
            _ => {
                let key = SigningKey::generate(algorithm, &random).unwrap();
                key.verifying_key().clone().with_kid(named("k1"))
            }
        };
        let jwk = public.to_jwk().unwrap();
        let x = serde_json::from_str::<serde_json::Value>(&jwk).unwrap();
        let raw = x["x"].as_str().or(x["n"].as_str()).unwrap().to_owned();
        let decoded = {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&raw).unwrap()
        };
        for secret in [
            jwk.as_bytes(),
            raw.as_bytes(),
            &decoded,
            b"",
            public.thumbprint().unwrap().as_bytes(),
        ] {
            for alg in ["HS256", algorithm.name()] {
                let header = format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"k1"}}"#);
                let forged = maced_with(secret, &encode(header), &encode(GOOD));
                assert!(
                    rejection(public.clone(), policy(), &forged).is_some(),
                    "{algorithm} {alg}"
                );
            }
        }
    }
}

#[test]
fn one_key_has_one_algorithm() {
    let rsa = Jwk::parse(&rsa_jwk()).unwrap();
    let own = rsa.verifying_key_for(Algorithm::RS256).unwrap();
    for algorithm in rsa.algorithms() {
        let signer = Signer::new(rsa.signing_key_for(algorithm, &random()).unwrap());
        let claims: serde_json::Value = serde_json::from_str(GOOD).unwrap();
        let token = signer.sign(&claims, &random()).unwrap();
        let expected = (algorithm != Algorithm::RS256).then_some(Reason::Algorithm);
        assert_eq!(rejection(own.clone(), policy(), &token), expected, "{algorithm}");
        // The same signature with the header that the key requires.
        let (message, signature) = token.rsplit_once('.').unwrap();
        let payload = message.split_once('.').unwrap().1;
        let header = encode(r#"{"typ":"JWT","alg":"RS256","kid":"k1"}"#);
        let relabelled = format!("{header}.{payload}.{signature}");
        let expected = (algorithm != Algorithm::RS256).then_some(Reason::Signature);
        assert_eq!(
            rejection(own.clone(), policy(), &relabelled),
            expected,
            "{algorithm} relabelled"
        );
    }
    assert_eq!(rsa.algorithms().count(), 6);
}

#[test]
fn alg_is_compared_exactly_and_is_a_string() {
    for alg in [
        "\"hs256\"",
        "\"HS256 \"",
        "\" HS256\"",
        "\"ＨＳ２５６\"",
        "\"HS256\\u0000\"",
        "\"HS\"",
        "\"HS2566\"",
        "\"HS384\"",
        "\"HS512\"",
        "\"RS256\"",
        "\"ES256K\"",
        "\"\"",
        "\"EdDSA\"",
        "\"HS256\\n\"",
    ] {
        let header = format!(r#"{{"typ":"JWT","alg":{alg},"kid":"k1"}}"#);
        assert_eq!(rejected(&token(header, GOOD)), Some(Reason::Algorithm), "{alg}");
    }
    for alg in ["[\"HS256\"]", "null", "256", "true", "{}", "{\"HS256\":1}"] {
        let header = format!(r#"{{"typ":"JWT","alg":{alg},"kid":"k1"}}"#);
        assert_eq!(
            rejected(&token(header, GOOD)),
            Some(Reason::HeaderMember("alg")),
            "{alg}"
        );
    }
    assert_eq!(
        rejected(&token("{\"kid\":\"k1\"}", GOOD)),
        Some(Reason::HeaderMember("alg"))
    );
}

#[test]
fn a_header_with_crit_is_rejected_whatever_its_value() {
    for crit in [
        "[\"b64\"]",
        "[]",
        "[\"exp\"]",
        "[\"alg\"]",
        "[\"kid\",\"typ\"]",
        "null",
        "true",
        "false",
        "\"b64\"",
        "{}",
        "0",
        "[null]",
        "[\"\"]",
        "[[\"x\"]]",
        "[\"x\",\"x\"]",
        "[\"http://example.com/UNDEFINED\"]",
    ] {
        let header = format!(r#"{{"alg":"HS256","kid":"k1","crit":{crit},"x":1}}"#);
        assert_eq!(
            rejected(&token(header, GOOD)),
            Some(Reason::HeaderExtension("crit")),
            "{crit}"
        );
    }
    assert_eq!(
        rejected(&token(r#"{"alg":"HS256","\u0063rit":["x"]}"#, GOOD)),
        Some(Reason::HeaderExtension("crit"))
    );
}

#[test]
fn headers_with_b64_zip_or_enc_are_rejected() {
    for (name, value) in [
        ("b64", "false"),
        ("b64", "true"),
        ("b64", "\"false\""),
        ("zip", "\"DEF\""),
        ("enc", "\"A128GCM\""),
    ] {
        let header = format!(r#"{{"alg":"HS256","kid":"k1","{name}":{value}}}"#);
        assert_eq!(rejected(&token(&header, GOOD)), Some(Reason::HeaderExtension(name)));
        let unencoded = maced_with(&SECRET, &encode(&header), GOOD);
        assert!(rejected(&unencoded).is_some());
        let detached = maced_with(&SECRET, &encode(&header), "");
        assert!(rejected(&detached).is_some());
    }
}

#[test]
fn keys_and_key_addresses_in_a_token_are_ignored() {
    let attacker = SigningKey::generate(Algorithm::EdDSA, &random()).unwrap();
    let victim = SigningKey::generate(Algorithm::EdDSA, &random())
        .unwrap()
        .verifying_key()
        .clone();
    let jwk = attacker.verifying_key().to_jwk().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    for member in [
        format!("\"jwk\":{jwk}"),
        format!("\"jku\":\"{url}\""),
        format!("\"x5u\":\"{url}\""),
        "\"x5c\":[\"MIIB\"]".to_owned(),
        "\"x5t\":\"AAAA\"".to_owned(),
        format!("\"jwk\":{jwk},\"jku\":\"{url}\",\"x5t#S256\":\"AA\""),
    ] {
        let header = encode(format!(r#"{{"typ":"JWT","alg":"EdDSA",{member}}}"#));
        let signer = Signer::new(attacker_with(&attacker));
        let signed = signer
            .sign(&serde_json::from_str::<serde_json::Value>(GOOD).unwrap(), &random())
            .unwrap();
        let signature = signed.rsplit('.').next().unwrap();
        let forged = format!("{header}.{}.{signature}", encode(GOOD));
        assert_eq!(
            rejection(victim.clone(), policy(), &forged),
            Some(Reason::Signature),
            "{member}"
        );
        assert_eq!(rejection(victim.clone(), policy(), &signed), Some(Reason::Signature));
    }
    assert!(listener.accept().is_err(), "no key was fetched");
}

fn attacker_with(key: &SigningKey) -> SigningKey {
    SigningKey::from_jwk(std::str::from_utf8(key.to_private_jwk().expose()).unwrap(), &random()).unwrap()
}

#[test]
fn kid_is_untrusted_text_and_selects_a_key_by_equality() {
    let long = "A".repeat(4000);
    for kid in [
        "K1",
        "k1 ",
        " k1",
        "./k1",
        "k1\\u0000",
        "k1\\n",
        "k1\\r\\nSet-Cookie: a",
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "k1' UNION SELECT 'x",
        "$(id)",
        "`id`",
        "*)(uid=*",
        "k",
        "k11",
        "",
        "к1",
        "k1\\u200b",
        "file:///dev/null",
        &long,
    ] {
        let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#);
        let reason = rejected(&token(header, GOOD)).unwrap();
        assert!(
            matches!(reason, Reason::KidUnknown | Reason::HeaderMember("kid")),
            "{kid}: {reason:?}"
        );
        assert!(
            !format!("{reason} {reason:?}").contains("SELECT"),
            "no part of the token"
        );
    }
    for kid in ["null", "1", "[\"k1\"]", "{\"k1\":1}", "true"] {
        let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":{kid}}}"#);
        assert_eq!(
            rejected(&token(header, GOOD)),
            Some(Reason::HeaderMember("kid")),
            "{kid}"
        );
    }
}

#[test]
fn a_kid_has_the_same_length_limit_in_tokens_and_in_keys() {
    let of_length = |length: usize| {
        let kid = "k".repeat(length);
        let header = format!(r#"{{"kid":"{kid}","alg":"HS256"}}"#);
        let named = token_jwt::Kid::new(&kid)
            .map(|kid| key().with_kid(kid))
            .unwrap_or(key());
        rejection(named, policy(), &token(header, GOOD))
    };
    assert_eq!(of_length(token_jwt::Kid::MAX_BYTES), None);
    assert_eq!(
        of_length(token_jwt::Kid::MAX_BYTES + 1),
        Some(Reason::HeaderMember("kid"))
    );
}

#[test]
fn a_verified_token_has_the_index_of_the_key_that_signed_it() {
    let other: Vec<u8> = SECRET.iter().rev().copied().collect();
    let second = VerifyingKey::hmac(Algorithm::HS256, &other)
        .unwrap()
        .with_kid(named("k2"));
    let third = VerifyingKey::hmac(Algorithm::HS256, &SECRET[..32])
        .unwrap()
        .with_kid(named("k3"));
    let verifier = token_jwt::ClaimsVerifier::new(KeySet::new(vec![third, second, key()]).unwrap(), policy());
    for (index, kid, secret) in [(0, "k3", &SECRET[..32]), (1, "k2", &other), (2, "k1", &SECRET)] {
        for header in [
            format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#),
            format!(r#"{{"kid":"{kid}","alg":"HS256"}}"#),
        ] {
            let token = maced_with(secret, &encode(header), &encode(GOOD));
            let verified = verifier.verify::<()>(&token, now()).unwrap();
            assert_eq!(verified.key_index(), index);
            assert_eq!(verifier.keys().keys()[index].kid().unwrap().as_str(), kid);
        }
    }
}

#[test]
fn kid_selects_one_key_and_no_other_is_tried() {
    let other: Vec<u8> = SECRET.iter().rev().copied().collect();
    let second = VerifyingKey::hmac(Algorithm::HS256, &other)
        .unwrap()
        .with_kid(named("k2"));
    let keys = || KeySet::new(vec![key(), second.clone()]).unwrap();
    let signed_by = |secret: &[u8], header: &str| maced_with(secret, &encode(header), &encode(GOOD));
    let k1 = r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#;
    let k2 = r#"{"typ":"JWT","alg":"HS256","kid":"k2"}"#;
    assert_eq!(rejection(keys(), policy(), &signed_by(&SECRET, k1)), None);
    assert_eq!(rejection(keys(), policy(), &signed_by(&other, k2)), None);
    assert_eq!(
        rejection(keys(), policy(), &signed_by(&other, k1)),
        Some(Reason::Signature)
    );
    assert_eq!(
        rejection(keys(), policy(), &signed_by(&SECRET, k2)),
        Some(Reason::Signature)
    );
    let unnamed = r#"{"typ":"JWT","alg":"HS256"}"#;
    assert_eq!(
        rejection(keys(), policy(), &signed_by(&SECRET, unnamed)),
        Some(Reason::KidMissing)
    );
    let without_name = VerifyingKey::hmac(Algorithm::HS256, &SECRET).unwrap();
    assert_eq!(
        rejection(without_name, policy(), &signed_by(&SECRET, k1)),
        Some(Reason::KidUnknown),
        "the key has no name"
    );
}

#[test]
fn only_the_compact_form_is_a_token() {
    let good = token(HEADER, GOOD);
    let parts: Vec<&str> = good.split('.').collect();
    let flattened = format!(
        r#"{{"protected":"{}","payload":"{}","signature":"{}"}}"#,
        parts[0], parts[1], parts[2]
    );
    let polyglot = format!(r#"{{"{}.{}.{}":1,"signatures":[]}}"#, parts[0], parts[1], parts[2]);
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}.e30"),
        format!("{good}.e30.e30"),
        parts[0].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        flattened,
        polyglot,
        format!("Bearer {good}"),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{good}={}", ""),
        good.replace('.', ". "),
    ] {
        let class = rejected(&bad).map(Reason::class);
        assert!(
            matches!(class, Some(Class::Malformed | Class::Signature)),
            "{bad}: {class:?}"
        );
    }
}

#[test]
fn every_segment_is_canonical_base64url_also_with_a_correct_mac() {
    let (header, payload) = (encode(HEADER), encode(GOOD));
    let broken = |text: &str| {
        [
            format!("{text}="),
            format!("{text}=="),
            format!("+{}", &text[1..]),
            format!("/{}", &text[1..]),
            format!(" {text}"),
            format!("{text} "),
            format!("{text}\n"),
            format!("{text}\0"),
            format!("{text}\u{e9}"),
            format!("{text}A"),
            text[1..].to_owned(),
        ]
    };
    for bad in broken(&header) {
        assert!(
            rejected(&maced_with(&SECRET, &bad, &payload)).is_some(),
            "header {bad:?}"
        );
    }
    for bad in broken(&payload) {
        let reason = rejected(&maced_with(&SECRET, &header, &bad));
        assert!(
            matches!(reason, Some(Reason::PayloadEncoding | Reason::PayloadJson(_))),
            "{bad:?}: {reason:?}"
        );
    }
    let good = token(HEADER, GOOD);
    let (message, signature) = good.rsplit_once('.').unwrap();
    for bad in broken(signature) {
        assert!(rejected(&format!("{message}.{bad}")).is_some(), "signature {bad:?}");
    }
    // 43 characters of base64url have two unused bits; with any value of them the MAC is the same.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    for extra in 1..4 {
        let twin = alphabet.as_bytes()[at + extra] as char;
        let bad = format!("{message}.{}{twin}", &signature[..42]);
        assert_eq!(rejected(&bad), Some(Reason::SignatureEncoding), "unused bits");
    }
}

#[test]
fn header_names_are_unique_after_unescaping_at_any_depth() {
    for header in [
        r#"{"alg":"HS256","alg":"HS256","kid":"k1"}"#,
        r#"{"alg":"none","alg":"HS256","kid":"k1"}"#,
        r#"{"alg":"HS256","\u0061lg":"none","kid":"k1"}"#,
        r#"{"alg":"HS256","kid":"k1","kid":"k2"}"#,
        r#"{"alg":"HS256","kid":"k1","x":{"a":1,"a":2}}"#,
        r#"{"alg":"HS256","kid":"k1","x":[[{"a":1,"\u0061":2}]]}"#,
        r#"{"alg":"HS256","kid":"k1","":1,"":2}"#,
    ] {
        assert_eq!(
            rejected(&token(header, GOOD)),
            Some(Reason::HeaderJson(JsonError::DuplicateMember)),
            "{header}"
        );
    }
}

#[test]
fn the_header_is_one_utf8_json_object() {
    let cases: [(&[u8], JsonError); 12] = [
        (b"[\"alg\",\"HS256\"]", JsonError::NotAnObject),
        (b"\"HS256\"", JsonError::NotAnObject),
        (b"null", JsonError::NotAnObject),
        (b"", JsonError::Syntax),
        (b"{\"alg\":\"HS256\"}{}", JsonError::Syntax),
        (b"{\"alg\":\"HS256\"} x", JsonError::Syntax),
        (b"{\"alg\":\"HS256\",}", JsonError::Syntax),
        (b"{\"alg\":\"HS256\"/**/}", JsonError::Syntax),
        (b"\xef\xbb\xbf{\"alg\":\"HS256\"}", JsonError::Syntax),
        (b"{\"alg\":\"HS256\",\"x\":\"\xff\"}", JsonError::Encoding),
        (b"{\"alg\":\"HS256\",\"x\":\"\\ud800\"}", JsonError::Encoding),
        (b"{\0\"\0a\0l\0g\0", JsonError::Syntax),
    ];
    for (header, error) in cases {
        assert_eq!(
            rejected(&token(header, GOOD)),
            Some(Reason::HeaderJson(error)),
            "{header:?}"
        );
    }
}

#[test]
fn cost_is_bounded_before_anything_is_parsed() {
    let huge = "A".repeat(1 << 20);
    for bad in [
        ".".repeat(100_000),
        huge.clone(),
        format!("{huge}.{huge}.{huge}"),
        format!("{}.{huge}.", encode(HEADER)),
        maced_with(&SECRET, &encode(HEADER), &huge),
    ] {
        assert_eq!(rejected(&bad), Some(Reason::TooLong));
    }
    let dots = ".".repeat(8000);
    assert_eq!(rejected(&dots), Some(Reason::NotThreeSegments));
    let good = token(HEADER, GOOD);
    assert_eq!(rejection(key(), policy().max_token_bytes(good.len()), &good), None);
    assert_eq!(
        rejection(key(), policy().max_token_bytes(good.len() - 1), &good),
        Some(Reason::TooLong)
    );
}

#[test]
fn encrypted_tokens_are_rejected() {
    let bomb = r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAA","p2c":2147483648,"kid":"k1"}"#;
    let jwe = format!("{}.AAAA.AAAA.AAAA.AAAA", encode(bomb));
    assert_eq!(rejected(&jwe), Some(Reason::NotThreeSegments));
    assert_eq!(rejected(&token(bomb, GOOD)), Some(Reason::HeaderExtension("enc")));
}

#[test]
fn a_signature_is_complete_and_has_the_length_of_its_key() {
    let good = token(HEADER, GOOD);
    let (message, _) = good.rsplit_once('.').unwrap();
    let tag = ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &SECRET),
        message.as_bytes(),
    );
    let tag = tag.as_ref();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    for bad in [
        &tag[..16],
        &tag[..31],
        &[tag, &[0]].concat(),
        hex.as_bytes(),
        &[],
        &[0; 32],
    ] {
        let reason = rejected(&format!("{message}.{}", encode(bad)));
        let expected = if bad.len() == 32 {
            Reason::Signature
        } else {
            Reason::SignatureLength
        };
        assert_eq!(reason, Some(expected), "{} bytes", bad.len());
    }
}

#[test]
fn ecdsa_signatures_are_r_and_s_of_full_width() {
    let key = SigningKey::generate(Algorithm::ES256, &random())
        .unwrap()
        .with_kid(named("k1"));
    let public = key.verifying_key().clone();
    let token = Signer::new(key)
        .sign(&serde_json::from_str::<serde_json::Value>(GOOD).unwrap(), &random())
        .unwrap();
    assert_eq!(rejection(public.clone(), policy(), &token), None);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let raw = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(signature)
            .unwrap()
    };
    let der = {
        let integer = |part: &[u8]| [&[2, 33, 0], part].concat();
        let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
        [&[0x30, body.len() as u8], &body[..]].concat()
    };
    for bad in [
        der,
        raw[..63].to_vec(),
        [&raw[..], &[0]].concat(),
        [&[0], &raw[..], &[0]].concat(),
    ] {
        let forged = format!("{message}.{}", encode(&bad));
        assert_eq!(
            rejection(public.clone(), policy(), &forged),
            Some(Reason::SignatureLength)
        );
    }
}

#[test]
fn the_type_of_a_token_is_checked() {
    let policy = || policy().token_type("at+jwt");
    let with = |typ: &str| {
        rejection(
            key(),
            policy(),
            &token(format!(r#"{{"alg":"HS256","kid":"k1"{typ}}}"#), GOOD),
        )
    };
    for good in [
        r#","typ":"at+jwt""#,
        r#","typ":"application/at+jwt""#,
        r#","typ":"AT+JWT""#,
    ] {
        assert_eq!(with(good), None, "{good}");
    }
    for bad in [
        "",
        r#","typ":"JWT""#,
        r#","typ":"id+jwt""#,
        r#","typ":"refresh+jwt""#,
        r#","typ":"at+jwt ""#,
        r#","typ":"""#,
    ] {
        assert_eq!(with(bad), Some(Reason::Type), "{bad}");
    }
    for bad in [r#","typ":null"#, r#","typ":["at+jwt"]"#, r#","typ":1"#] {
        assert_eq!(with(bad), Some(Reason::HeaderMember("typ")), "{bad}");
    }
    let plain = Policy::default().issuer("https://issuer.example").audience("api");
    let special = token(r#"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#, GOOD);
    assert_eq!(
        rejection(key(), plain.clone(), &special),
        Some(Reason::Type),
        "by default JWT or nothing"
    );
    assert_eq!(rejection(key(), plain.any_token_type(), &special), None);
}

#[test]
fn the_signature_is_checked_before_the_claims() {
    let expired = GOOD.replace("1700000600", "1600000000");
    for payload in [expired.as_str(), "{", "not json", "{\"exp\":\"x\"}", GOOD] {
        let mut forged = token(HEADER, payload);
        let at = forged.len() - 20;
        let flipped = if &forged[at..=at] == "A" { "B" } else { "A" };
        forged.replace_range(at..=at, flipped);
        assert_eq!(rejected(&forged), Some(Reason::Signature), "{payload}");
    }
    let verifier = token_jwt::ClaimsVerifier::new(key(), policy());
    let error = verifier.verify::<()>(&token(HEADER, &expired), now()).unwrap_err();
    assert!(!format!("{error:?} {error} {}", error.reason()).contains("1600000000"));
}
