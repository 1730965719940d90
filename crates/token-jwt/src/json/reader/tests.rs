//! The fast functions: each reads what it is made for, and leaves everything else unread.

use super::*;

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text.as_bytes()).unwrap()
}

#[test]
fn short_names_are_read_fast() {
    for length in 0..=8 {
        let name = &"claimant"[..length];
        for (text, first) in [
            (format!("\"{name}\":12345678"), true),
            (format!(",\"{name}\":12345678"), false),
        ] {
            let mut reader = reader(&text);
            assert_eq!(reader.read_name_fast(first), Some(1 + usize::from(!first)), "{text}");
            assert_eq!(reader.name().text.plain(), Some(name));
            assert_eq!(reader.name().tag, Tag::of(name));
            assert_eq!(&text[reader.position()..], "12345678");
        }
    }
}

#[test]
fn other_names_are_not_read_fast() {
    for (text, first) in [
        ("\"claimants\":12345678", true),
        ("\"cla\\u0069m\":12345678", true),
        ("\"exp\" :12345678", true),
        ("\"exp\",12345678", true),
        ("\"exp:12345678", true),
        (" \"exp\":12345678", true),
        (",\"exp\":12345678", true),
        ("exp\":12345678", true),
        ("\"exp\":1}", true),
        ("\"exp\":12345678", false),
        (";\"exp\":12345678", false),
        (", \"exp\":12345678", false),
        ("}", false),
        ("", true),
    ] {
        let mut reader = reader(text);
        assert_eq!(reader.read_name_fast(first), None, "{text}");
        assert_eq!(reader.position(), 0, "{text}");
    }
}

#[test]
fn strings_without_escapes_are_read_fast_and_others_are_not() {
    for length in 0..20 {
        let (inside, text) = ("a".repeat(length), format!("\"{}\",1", "a".repeat(length)));
        let mut reader = reader(&text);
        assert_eq!(reader.read_string_fast().and_then(Text::plain), Some(inside.as_str()));
        assert_eq!(&text[reader.position()..], ",1");
    }
    for text in [" \"a\"", "a\"", "\"a", "\"", "", "\"\\n\"", "\"\n\"", "1"] {
        let mut reader = reader(text);
        assert!(reader.read_string_fast().is_none(), "{text}");
        assert_eq!(reader.position(), 0, "{text}");
    }
}

#[test]
fn short_integers_are_read_fast_and_others_are_not() {
    for count in 1..=15 {
        let digits = &"987654321098765"[..count];
        for after in ["", ",", "}", " ", "]:\"abcdefgh"] {
            let text = format!("{digits}{after}");
            let mut reader = reader(&text);
            assert_eq!(reader.read_integer_fast(), digits.parse().ok(), "{text}");
            assert_eq!(&text[reader.position()..], after);
        }
    }
    assert_eq!(reader("0,").read_integer_fast(), Some(0));
    for text in [
        "",
        "01",
        "00",
        "-1",
        " 1",
        "1.5",
        "1e5",
        "1E5",
        "12345678.5",
        "123456789e1",
        "1234567890123456",
        "12345678901234567",
        "\"1\"",
    ] {
        let mut reader = reader(text);
        assert_eq!(reader.read_integer_fast(), None, "{text}");
        assert_eq!(reader.position(), 0, "{text}");
    }
}

#[test]
fn the_first_error_is_kept() {
    let mut reader = reader("1");
    assert_eq!(reader.error(), None);
    let _stop = reader.stop(JsonError::TooDeep);
    let _stop = reader.stop(JsonError::Syntax);
    assert_eq!(reader.error(), Some(JsonError::TooDeep));
}

#[test]
fn the_error_that_a_callers_type_gets_gives_no_reason() {
    assert_eq!(Stop.to_string(), "the JSON text was refused");
}

#[test]
fn no_text_is_accepted_after_an_error() {
    let mut reader = reader("");
    assert!(reader.finish().is_ok());
    let _stop = reader.stop(JsonError::Shape);
    assert!(reader.finish().is_err());
    assert_eq!(reader.error(), Some(JsonError::Shape));
}
