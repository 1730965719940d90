//! The claims: dates, audience, issuer, required claims, strictness of the payload (J-19 to J-35).
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use std::time::Duration;

use serde::Deserialize;
use support::*;
use token_jwt::{Claim, ClaimsVerifier, DateUnit, JsonError, Policy, Reason, UnixTime};

/// Why [`GOOD`] with one claim set to this JSON text, or left out, is rejected.
fn with(claim: &str, json: Option<&str>) -> Option<Reason> {
    rejection(key(), policy(), &token(HEADER, changed(claim, json)))
}

fn changed(claim: &str, json: Option<&str>) -> String {
    let mut members: Vec<(String, String)> = [
        ("iss", "\"https://issuer.example\""),
        ("sub", "\"7\""),
        ("aud", "\"api\""),
        ("exp", "1700000600"),
        ("iat", "1699999990"),
        ("jti", "\"a\""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    members.retain(|(name, _)| name != claim);
    members.extend(json.map(|json| (claim.to_owned(), json.to_owned())));
    let text: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", text.join(","))
}

#[test]
fn a_token_expires_on_the_second() {
    assert_eq!(with("exp", Some("1700000000")), Some(Reason::Expired));
    assert_eq!(with("exp", Some("1699999999.999")), Some(Reason::Expired));
    assert_eq!(with("exp", Some("1700000001")), None);
    assert_eq!(with("exp", Some("1700000000.5")), None);
    assert_eq!(with("exp", Some("1.7000006e9")), None);
}

#[test]
fn dates_of_another_type_are_errors_and_not_absent() {
    for claim in [Claim::Expires, Claim::NotBefore, Claim::IssuedAt] {
        for json in [
            "\"1700000600\"",
            "null",
            "true",
            "[1700000600]",
            "{\"exp\":1700000600}",
            "\"\"",
        ] {
            assert_eq!(
                with(claim.name(), Some(json)),
                Some(Reason::ClaimMalformed(claim)),
                "{claim} {json}"
            );
        }
        for json in ["1e400", "1e999", "-1e999"] {
            assert_eq!(
                with(claim.name(), Some(json)),
                Some(Reason::PayloadJson(JsonError::NumberRange)),
                "{claim} {json}"
            );
        }
    }
}

#[test]
fn milliseconds_are_rejected_where_seconds_are_the_unit() {
    for json in [
        "1442002179358",
        "1700000600000",
        "253402300800",
        "9223372036854775807",
        "18446744073709551615",
    ] {
        assert_eq!(
            with("exp", Some(json)),
            Some(Reason::DateOutOfRange(Claim::Expires)),
            "{json}"
        );
        let bare = format!("{{\"exp\":{json}}}");
        assert_eq!(
            rejection(key(), Policy::default(), &token(HEADER, bare)),
            Some(Reason::DateOutOfRange(Claim::Expires)),
            "the default policy, without iat"
        );
    }
}

#[test]
fn the_milliseconds_mode_reads_seconds_as_long_past() {
    let policy = || {
        Policy::default()
            .date_unit(DateUnit::Milliseconds)
            .max_lifetime(Duration::from_secs(7 * 86_400))
    };
    let rejected_with = |payload: &str| rejection(key(), policy(), &token(HEADER, payload));
    assert_eq!(rejected_with(r#"{"exp":1700000600000,"sid":"s"}"#), None);
    assert_eq!(rejected_with(r#"{"exp":1700000000001}"#), None);
    assert_eq!(rejected_with(r#"{"exp":1700000000000}"#), Some(Reason::Expired));
    assert_eq!(rejected_with(r#"{"exp":1700000600}"#), Some(Reason::Expired));
    assert_eq!(
        rejected_with(r#"{"exp":1700604800001}"#),
        Some(Reason::LifetimeTooLong),
        "bounded from now"
    );
    assert_eq!(
        rejected_with(r#"{"exp":1700000600000000}"#),
        Some(Reason::DateOutOfRange(Claim::Expires))
    );
}

#[test]
fn the_lifetime_is_bounded_from_iat_and_from_now() {
    let policy = || policy().max_lifetime(Duration::from_secs(900));
    let rejected_with = |iat: i64, exp: i64| {
        let payload = changed("exp", Some(&exp.to_string())).replace("1699999990", &iat.to_string());
        rejection(key(), policy(), &token(HEADER, payload))
    };
    assert_eq!(rejected_with(NOW - 10, NOW + 890), None);
    assert_eq!(
        rejected_with(NOW - 10, NOW + 891),
        Some(Reason::LifetimeTooLong),
        "from iat"
    );
    assert_eq!(rejected_with(NOW, NOW + 900), None);
    assert_eq!(
        rejected_with(NOW, NOW + 901),
        Some(Reason::LifetimeTooLong),
        "from both"
    );
    let without = |exp: i64| {
        let payload = changed("iat", None).replace("1700000600", &exp.to_string());
        rejection(key(), policy(), &token(HEADER, payload))
    };
    assert_eq!(without(NOW + 900), None);
    assert_eq!(without(NOW + 901), Some(Reason::LifetimeTooLong), "from now");
    assert_eq!(without(253_402_300_799), Some(Reason::LifetimeTooLong), "the year 9999");
}

#[test]
fn leeway_moves_each_bound_and_never_overflows() {
    let rejected_with =
        |leeway: Duration, payload: &str| rejection(key(), policy().leeway(leeway), &token(HEADER, payload));
    let five = Duration::from_secs(5);
    assert_eq!(rejected_with(five, &changed("exp", Some("1699999996"))), None);
    assert_eq!(
        rejected_with(five, &changed("exp", Some("1699999995"))),
        Some(Reason::Expired)
    );
    assert_eq!(rejected_with(five, &changed("nbf", Some("1700000005"))), None);
    assert_eq!(
        rejected_with(five, &changed("nbf", Some("1700000006"))),
        Some(Reason::NotYetValid)
    );
    assert_eq!(rejected_with(five, &changed("iat", Some("1700000005"))), None);
    assert_eq!(
        rejected_with(five, &changed("iat", Some("1700000006"))),
        Some(Reason::IssuedInFuture)
    );
    for huge in [Duration::MAX, Duration::from_secs(u64::MAX)] {
        for (claim, json) in [
            ("exp", "18446744073709551615"),
            ("nbf", "0"),
            ("iat", "-9223372036854775808"),
        ] {
            let _no_panic = rejected_with(huge, &changed(claim, Some(json)));
            let policy = policy().max_lifetime(huge).leeway(huge);
            let _no_panic = rejection(key(), policy, &token(HEADER, changed(claim, Some(json))));
        }
    }
    let verifier = ClaimsVerifier::new(key(), policy().leeway(Duration::MAX).max_lifetime(Duration::MAX));
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let _no_panic = verifier.verify::<()>(&token(HEADER, GOOD), UnixTime::from_secs(now));
    }
}

#[test]
fn nbf_and_iat_are_enforced() {
    assert_eq!(with("nbf", Some("1700000000")), None);
    assert_eq!(with("nbf", Some("1700000001")), Some(Reason::NotYetValid));
    assert_eq!(with("nbf", Some("1700000000.1")), Some(Reason::NotYetValid));
    assert_eq!(with("iat", Some("1700000000")), None);
    assert_eq!(with("iat", Some("1700000600")), Some(Reason::IssuedInFuture));
}

#[test]
fn iss_is_equal_as_a_whole_string() {
    for json in [
        "\"https://issuer.example/\"",
        "\"https://issuer.exampl\"",
        "\"https://issuer.example.evil\"",
        "\"HTTPS://issuer.example\"",
        "\"http://issuer.example\"",
        "\" https://issuer.example\"",
        "\"https://issuer.example\\u0000\"",
    ] {
        assert_eq!(with("iss", Some(json)), Some(Reason::Issuer), "{json}");
    }
    for json in ["[\"https://issuer.example\"]", "null", "1", "{}", "\"\""] {
        assert_eq!(
            with("iss", Some(json)),
            Some(Reason::ClaimMalformed(Claim::Issuer)),
            "{json}"
        );
    }
    assert_eq!(
        with("iss", Some("\"https:\\/\\/issuer.example\"")),
        None,
        "an escape makes no difference"
    );
}

#[test]
fn aud_has_an_audience_of_the_policy() {
    for json in [
        "\"api\"",
        "[\"api\"]",
        "[\"other\",\"api\"]",
        "[\"api\",\"other\"]",
        "[\"api\",\"api\"]",
        "[\"\\u0061pi\"]",
    ] {
        assert_eq!(with("aud", Some(json)), None, "{json}");
    }
    for json in [
        "\"other\"",
        "\"ap\"",
        "\"apis\"",
        "\"API\"",
        "[]",
        "[\"other\"]",
        "\"api,other\"",
        "\"api other\"",
        "\" api\"",
    ] {
        assert_eq!(with("aud", Some(json)), Some(Reason::Audience), "{json}");
    }
    for json in [
        "[[\"api\"]]",
        "[\"api\",1]",
        "[1,\"api\"]",
        "null",
        "{\"api\":1}",
        "1",
        "\"\"",
        "[\"api\",null]",
        "[\"api\",\"\"]",
    ] {
        assert_eq!(
            with("aud", Some(json)),
            Some(Reason::ClaimMalformed(Claim::Audience)),
            "{json}"
        );
    }
    let two = policy().audience("second");
    assert_eq!(
        rejection(key(), two, &token(HEADER, changed("aud", Some("\"second\"")))),
        None
    );
    let without_audience = Policy::default();
    assert_eq!(
        rejection(key(), without_audience, &token(HEADER, GOOD)),
        Some(Reason::Audience),
        "RFC 7519 4.1.3: a verifier that aud does not name rejects, also one without a name"
    );
}

#[test]
fn required_claims_are_present_and_well_formed() {
    for claim in [
        Claim::Issuer,
        Claim::Subject,
        Claim::Audience,
        Claim::Expires,
        Claim::Id,
    ] {
        assert_eq!(with(claim.name(), None), Some(Reason::ClaimMissing(claim)));
    }
    let iat = policy().require("iat").require("nbf");
    let payload = changed("iat", None);
    assert_eq!(
        rejection(key(), iat.clone(), &token(HEADER, payload)),
        Some(Reason::ClaimMissing(Claim::NotBefore))
    );
    let own = policy().require("permissions").require("realm");
    assert_eq!(
        rejection(key(), own.clone(), &token(HEADER, GOOD)),
        Some(Reason::ClaimMissing(Claim::Other))
    );
    let one = changed("permissions", Some("[]"));
    assert_eq!(
        rejection(key(), own.clone(), &token(HEADER, &one)),
        Some(Reason::ClaimMissing(Claim::Other))
    );
    let others = one.replace(
        "\"permissions\"",
        "\"Realm\":1,\"realms\":2,\"x\":{\"realm\":3},\"permissions\"",
    );
    assert_eq!(
        rejection(key(), own.clone(), &token(HEADER, &others)),
        Some(Reason::ClaimMissing(Claim::Other)),
        "names count, not the number of claims"
    );
    let both = one.replace("\"permissions\"", "\"realm\":null,\"permissions\"");
    assert_eq!(rejection(key(), own, &token(HEADER, both)), None);
    for (claim, json) in [
        ("sub", "\"\""),
        ("sub", "7"),
        ("sub", "null"),
        ("jti", "\"\""),
        ("jti", "[\"a\"]"),
    ] {
        let claim = Claim::from_name(claim).unwrap();
        assert_eq!(
            with(claim.name(), Some(json)),
            Some(Reason::ClaimMalformed(claim)),
            "{json}"
        );
    }
    let of_length = |length: usize| with("jti", Some(&format!("\"{}\"", "a".repeat(length))));
    assert_eq!(of_length(1024), None);
    assert_eq!(of_length(1025), Some(Reason::ClaimMalformed(Claim::Id)));
}

#[test]
fn claim_names_are_unique_at_any_depth() {
    for extra in [
        r#""exp":1700000601"#,
        r#""\u0065xp":9999999999"#,
        r#""sub":"8""#,
        r#""aud":"api""#,
        r#""permissions":["a"],"permissions":["*"]"#,
        r#""x":{"role":"user","role":"root"}"#,
        r#""x":[0,{"y":{"z":1,"\u007a":2}}]"#,
    ] {
        let payload = GOOD.replace("\"jti\"", &format!("{extra},\"jti\""));
        assert_eq!(
            rejected(&token(HEADER, payload)),
            Some(Reason::PayloadJson(JsonError::DuplicateMember)),
            "{extra}"
        );
    }
    let apart = GOOD.replace(
        "\"jti\"",
        r#""x":{"sub":1,"y":{"sub":2}},"z":[{"sub":1},{"sub":1}],"jti""#,
    );
    assert_eq!(
        rejected(&token(HEADER, apart)),
        None,
        "the same name in two objects is fine"
    );
}

#[test]
fn the_payload_is_one_strict_json_object() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let with_member = |value: &str| GOOD.replace("\"jti\"", &format!("\"x\":{value},\"jti\""));
    let mut bad_utf8 = with_member("\"??\"").into_bytes();
    let at = bad_utf8.windows(2).position(|two| two == b"??").unwrap();
    bad_utf8[at..at + 2].copy_from_slice(b"\xc3\x28");
    let utf16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let bom = [b"\xef\xbb\xbf", GOOD.as_bytes()].concat();
    let cases = [
        (bad_utf8, JsonError::Encoding),
        (utf16, JsonError::Syntax),
        (bom, JsonError::Syntax),
        (with_member("\"\\ud800\"").into_bytes(), JsonError::Encoding),
        (with_member("\"\\udc00\\ud800\"").into_bytes(), JsonError::Encoding),
        (with_member("\"\\x\"").into_bytes(), JsonError::Syntax),
        (with_member("\"\t\"").into_bytes(), JsonError::Syntax),
        (with_member("NaN").into_bytes(), JsonError::Syntax),
        (with_member("Infinity").into_bytes(), JsonError::Syntax),
        (with_member("01").into_bytes(), JsonError::Syntax),
        (with_member("+1").into_bytes(), JsonError::Syntax),
        (with_member("1.").into_bytes(), JsonError::Syntax),
        (with_member(".5").into_bytes(), JsonError::Syntax),
        (with_member("0x1F").into_bytes(), JsonError::Syntax),
        (with_member("1e999").into_bytes(), JsonError::NumberRange),
        (with_member(&"1".repeat(65)).into_bytes(), JsonError::NumberRange),
        (with_member("'a'").into_bytes(), JsonError::Syntax),
        (with_member("tru").into_bytes(), JsonError::Syntax),
        (with_member("[1,]").into_bytes(), JsonError::Syntax),
        (with_member("[,1]").into_bytes(), JsonError::Syntax),
        (with_member("{\"a\":1,}").into_bytes(), JsonError::Syntax),
        (with_member("{\"a\" 1}").into_bytes(), JsonError::Syntax),
        (with_member("{a:1}").into_bytes(), JsonError::Syntax),
        (with_member(&nested(32)).into_bytes(), JsonError::TooDeep),
        (with_member(&nested(2500)).into_bytes(), JsonError::TooDeep),
        (format!("{GOOD}x").into_bytes(), JsonError::Syntax),
        (format!("{GOOD}{GOOD}").into_bytes(), JsonError::Syntax),
        (format!("{GOOD}\0").into_bytes(), JsonError::Syntax),
        (format!("{GOOD}// end").into_bytes(), JsonError::Syntax),
        (format!("[{GOOD}]").into_bytes(), JsonError::NotAnObject),
        (b"\"text\"".to_vec(), JsonError::NotAnObject),
        (b"null".to_vec(), JsonError::NotAnObject),
        (b"".to_vec(), JsonError::Syntax),
        (GOOD.as_bytes()[..GOOD.len() - 1].to_vec(), JsonError::Syntax),
    ];
    for (payload, error) in cases {
        let shown = String::from_utf8_lossy(&payload).into_owned();
        assert_eq!(
            rejected(&token(HEADER, payload)),
            Some(Reason::PayloadJson(error)),
            "{shown}"
        );
    }
    assert_eq!(
        rejected(&token(HEADER, with_member(&nested(31)))),
        None,
        "32 levels are allowed"
    );
    assert_eq!(rejected(&token(HEADER, format!(" \r\n\t{GOOD}\n "))), None);
}

#[test]
fn a_verifier_can_be_made_from_the_keys_and_the_policy_of_another() {
    let strict = ClaimsVerifier::new(key(), policy());
    let later = ClaimsVerifier::new(
        strict.keys().clone(),
        strict.policy().clone().leeway(Duration::from_secs(5)),
    );
    let just_over = token(HEADER, changed("exp", Some("1700000000")));
    assert!(strict.verify::<()>(&just_over, now()).is_err());
    assert!(later.verify::<()>(&just_over, now()).is_ok());
    for (claim, reason) in [("iss", Reason::Issuer), ("aud", Reason::Audience)] {
        let foreign = token(HEADER, changed(claim, Some("\"other\"")));
        assert_eq!(later.verify::<()>(&foreign, now()).unwrap_err().reason(), reason);
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Session {
    user_id: u64,
    exp: i64,
    iat: i64,
    sid: String,
}

#[test]
fn claims_fill_the_callers_type_and_every_check_still_applies() {
    let payload = r#"{"user_id":281950,"exp":1700000900,"iat":1700000000,"sid":"a\u00e9\n","x":[1,{"y":null}]}"#;
    let verifier = ClaimsVerifier::new(key(), Policy::default());
    let verified = verifier.verify::<Session>(&token(HEADER, payload), now()).unwrap();
    let expected = Session {
        user_id: 281_950,
        exp: 1_700_000_900,
        iat: NOW,
        sid: "aé\n".to_owned(),
    };
    assert_eq!(verified.claims(), &expected);
    assert_eq!(verified.expires(), UnixTime::from_secs(1_700_000_900));
    assert_eq!(verified.issued_at(), Some(now()));
    for (bad, reason) in [
        (
            payload.replace("281950", "\"281950\""),
            Reason::PayloadJson(JsonError::Shape),
        ),
        (payload.replace("281950", "-1"), Reason::PayloadJson(JsonError::Shape)),
        (
            payload.replace("\"user_id\":281950,", ""),
            Reason::PayloadJson(JsonError::Shape),
        ),
        (
            payload.replace("null}", "null,\"y\":1}"),
            Reason::PayloadJson(JsonError::DuplicateMember),
        ),
        (payload.replace("1700000900", "1700000000"), Reason::Expired),
    ] {
        let error = verifier.verify::<Session>(&token(HEADER, &bad), now()).unwrap_err();
        assert_eq!(error.reason(), reason, "{bad}");
    }
}

/// A type that hides every error.
struct HidesErrors;

impl<'de> Deserialize<'de> for HidesErrors {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _ignored = serde_json::Value::deserialize(deserializer);
        Ok(Self)
    }
}

#[test]
fn a_type_that_hides_errors_does_not_hide_them_from_the_verifier() {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(rename = "x")]
        _x: HidesErrors,
    }
    let verifier = ClaimsVerifier::new(key(), Policy::default());
    for value in [
        "{\"a\":1,\"a\":2}",
        "[1,]",
        "\"\\ud800\"",
        "1e999",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    ] {
        let inner = format!("{{\"x\":{value},\"exp\":1700000600}}");
        assert!(
            verifier.verify::<Outer>(&token(HEADER, &inner), now()).is_err(),
            "{value}"
        );
        assert!(
            verifier.verify::<HidesErrors>(&token(HEADER, &inner), now()).is_err(),
            "{value}"
        );
    }
    for good in [
        r#"{"x":{"a":[1,{}]},"exp":1700000600}"#,
        r#"{"exp":1700000600,"x":"\u00e9"}"#,
    ] {
        assert!(verifier.verify::<Outer>(&token(HEADER, good), now()).is_ok());
        assert!(verifier.verify::<HidesErrors>(&token(HEADER, good), now()).is_ok());
    }
    let late = r#"{"x":1,"exp":1700000000}"#;
    assert_eq!(
        verifier
            .verify::<HidesErrors>(&token(HEADER, late), now())
            .err()
            .unwrap()
            .reason(),
        Reason::Expired
    );
}
