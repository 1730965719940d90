//! The short ways, held to the long ones: each is taken for what it is made for, and leaves the rest untouched.

use super::*;

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text.as_bytes()).unwrap()
}

#[test]
fn a_usual_name_takes_the_short_way() {
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
fn an_unusual_name_is_left_to_the_long_way() {
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
fn a_usual_string_takes_the_short_way_and_another_does_not() {
    for length in 0..20 {
        let (inside, text) = ("a".repeat(length), format!("\"{}\",1", "a".repeat(length)));
        let mut reader = reader(&text);
        assert_eq!(reader.usual_string().and_then(Text::plain), Some(inside.as_str()));
        assert_eq!(&text[reader.position()..], ",1");
    }
    for text in [" \"a\"", "a\"", "\"a", "\"", "", "\"\\n\"", "\"\n\"", "1"] {
        let mut reader = reader(text);
        assert!(reader.usual_string().is_none(), "{text}");
        assert_eq!(reader.position(), 0, "{text}");
    }
}

#[test]
fn a_usual_integer_takes_the_short_way_and_another_does_not() {
    for count in 1..=15 {
        let digits = &"987654321098765"[..count];
        for behind in ["", ",", "}", " ", "]:\"abcdefgh"] {
            let text = format!("{digits}{behind}");
            let mut reader = reader(&text);
            assert_eq!(reader.usual_integer(), digits.parse().ok(), "{text}");
            assert_eq!(&text[reader.position()..], behind);
        }
    }
    assert_eq!(reader("0,").usual_integer(), Some(0));
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
        assert_eq!(reader.usual_integer(), None, "{text}");
        assert_eq!(reader.position(), 0, "{text}");
    }
}

#[test]
fn the_first_fault_is_the_one_that_is_kept() {
    let mut reader = reader("1");
    assert_eq!(reader.fault(), None);
    let _stop = reader.stop(JsonError::TooDeep);
    let _stop = reader.stop(JsonError::Syntax);
    assert_eq!(reader.fault(), Some(JsonError::TooDeep));
}

#[test]
fn what_a_callers_type_is_told_has_words_and_no_reason() {
    assert_eq!(Stop.to_string(), "the JSON text was refused");
}

#[test]
fn a_text_behind_a_fault_is_never_finished() {
    let mut reader = reader("");
    assert!(reader.finish().is_ok());
    let _stop = reader.stop(JsonError::Shape);
    assert!(reader.finish().is_err());
    assert_eq!(reader.fault(), Some(JsonError::Shape));
}
