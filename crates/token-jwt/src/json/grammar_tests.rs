//! RFC 8259 case by case: numbers, escapes, names, and the bounds on depth and members.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tests::ours;
use super::*;

#[test]
fn integers_are_exact_and_other_numbers_are_the_nearest_double() {
    for text in [
        "0",
        "18446744073709551615",
        "999999999999999999",
        "1000000000000000000",
        "12345678",
        "123456789",
    ] {
        assert_eq!(ours::<u64>(text.as_bytes()), Ok(text.parse().unwrap()), "{text}");
    }
    for text in ["-1", "-9223372036854775808", "-12345678901"] {
        assert_eq!(ours::<i64>(text.as_bytes()), Ok(text.parse().unwrap()), "{text}");
    }
    for text in [
        "18446744073709551616",
        "-9223372036854775809",
        "1e3",
        "1.0",
        "-0",
        "0.1",
        "1E+2",
        "2e-400",
    ] {
        assert_eq!(ours::<f64>(text.as_bytes()), Ok(text.parse().unwrap()), "{text}");
        assert_eq!(ours::<u64>(text.as_bytes()), Err(JsonError::Shape), "{text}");
    }
    for text in [
        "00",
        "01",
        "-",
        "-01",
        "1.",
        ".1",
        "1e",
        "1e+",
        "+1",
        "1 2",
        "0x1",
        "1_0",
        "--1",
        "1.e1",
        "123456789a",
    ] {
        assert_eq!(ours::<f64>(text.as_bytes()), Err(JsonError::Syntax), "{text}");
    }
    assert_eq!(ours::<f64>(b"1e309"), Err(JsonError::NumberRange));
    assert!(ours::<f64>("1".repeat(64).as_bytes()).is_ok());
    assert_eq!(ours::<f64>("1".repeat(65).as_bytes()), Err(JsonError::NumberRange));
}

#[test]
fn escapes_are_complete_and_surrogates_come_in_pairs() {
    for (inside, text) in [
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u0041\u00e9\u00E9\u0000\uFFFF", "A\u{e9}\u{e9}\0\u{ffff}"),
        (r"\uD7FF\uE000", "\u{d7ff}\u{e000}"),
        (r"\uD800\uDC00\uDBFF\uDFFF\ud83d\ude00", "\u{10000}\u{10ffff}\u{1f600}"),
        (r"\\u0041", r"\u0041"),
    ] {
        assert_eq!(
            ours::<String>(format!("\"{inside}\"").as_bytes()),
            Ok(text.to_owned()),
            "{inside}"
        );
    }
    for inside in [
        r"\x41",
        r"\'",
        r"\0",
        r"\a",
        r"\U0041",
        r"\u",
        r"\u004",
        r"\u004g",
        r"\ug041",
        r"\u+041",
        r"\u 041",
        r"\u{41}",
        r"\ud83d\u",
        r"\ud83d\ude0",
        r"\ud83d\ude0g",
    ] {
        let read = ours::<String>(format!("\"{inside}\"").as_bytes());
        assert_eq!(read, Err(JsonError::Syntax), "{inside}");
    }
    for inside in [
        r"\uD800",
        r"\uDBFFx",
        r"\uD800\n",
        r"\uD800u0041",
        r"\uD800\u0041",
        r"\uD800\uD800",
        r"\uD800\uE000",
        r"\uDC00",
        r"\uDFFF\uD800",
    ] {
        let read = ours::<String>(format!("\"{inside}\"").as_bytes());
        assert_eq!(read, Err(JsonError::Encoding), "{inside}");
    }
    for text in ["\"\\", "\"\\u00", "\"\\ud83d\\u", "\"a"] {
        assert_eq!(ours::<String>(text.as_bytes()), Err(JsonError::Syntax), "{text}");
    }
}

#[test]
fn members_whose_names_have_the_same_beginning_are_different() {
    for pair in [
        ["claimant-1", "claimant-2"],
        ["claimant-\\u0031", "claimant-2"],
        ["claimant-1 ", "claimant- 1"],
        ["1234567\\\\", "1234567/"],
    ] {
        for colon in [":", " :"] {
            let text = format!("{{\"{}\"{colon}1,\"{}\"{colon}2}}", pair[0], pair[1]);
            let read = ours::<BTreeMap<String, u8>>(text.as_bytes());
            assert_eq!(read.map(|members| members.into_values().sum::<u8>()), Ok(3), "{text}");
            let text = format!("{{\"{0}\"{colon}1,\"{0}\"{colon}2}}", pair[0]);
            let read = ours::<BTreeMap<String, u8>>(text.as_bytes());
            assert_eq!(read, Err(JsonError::DuplicateMember), "{text}");
        }
    }
}

#[test]
fn depth_and_members_are_bounded_at_their_limits() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(ours::<serde::de::IgnoredAny>(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(
        ours::<()>(nested(MAX_DEPTH + 1).as_bytes()),
        Err(JsonError::Shape),
        "not a unit at all"
    );
    assert_eq!(
        ours::<serde::de::IgnoredAny>(nested(MAX_DEPTH + 1).as_bytes()).err(),
        Some(JsonError::TooDeep)
    );
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(ours::<Value>(members(MAX_MEMBERS).as_bytes()).is_ok());
    assert_eq!(
        ours::<Value>(members(MAX_MEMBERS + 1).as_bytes()),
        Err(JsonError::TooManyMembers)
    );
    let siblings = format!("[{0},{0},{0}]", members(MAX_MEMBERS));
    assert!(
        ours::<Value>(siblings.as_bytes()).is_ok(),
        "names are forgotten with their object"
    );
}
