//! The reader and the writer compared with serde_json, and where they are stricter.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

/// The strict reader's result.
pub(super) fn ours<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, JsonError> {
    read_value(text)
}

/// Equal, except for the last digit of a double: serde_json's is not always the nearest one.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || ((a - b) / a).abs() < 1e-14
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// JSON values without repeated names, numbers within 64 bits or finite doubles.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\"\\\\/\u{0}-\u{20}\u{7f}-\u{ff}\u{1f600}a]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-d\"\\\\é]{0,3}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The same value in another spelling: white space, and escapes where none are needed.
fn respelled(value: &Value) -> String {
    let space = " \t\r\n";
    match value {
        Value::String(text) => escaped(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(respelled).collect();
            format!(
                "{space}[{space}{}{space}]{space}",
                items.join(&format!("{space},{space}"))
            )
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}{space}:{}", escaped(name), respelled(value)))
                .collect();
            format!("{space}{{{space}{}{space}}}", members.join(","))
        }
        other => format!("{space}{other}{space}"),
    }
}

fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{units}\"")
}

proptest! {
    #[test]
    fn every_value_is_read_as_serde_json_reads_it(value in values()) {
        let plain = serde_json::to_string(&value).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        for text in [plain, pretty, respelled(&value)] {
            let expected: Value = serde_json::from_str(&text).unwrap();
            let read = ours::<Value>(text.as_bytes());
            prop_assert!(read.as_ref().is_ok_and(|read| same(read, &expected)), "{}: {:?}", text, read);
        }
    }

    #[test]
    fn written_values_are_read_back_unchanged(value in values()) {
        let mut out = Vec::new();
        write_value(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        prop_assert!(same(&serde_json::from_str(&text).unwrap(), &value), "{}", text);
        prop_assert_eq!(ours::<Value>(text.as_bytes()), Ok(value));
    }

    #[test]
    fn what_serde_json_refuses_is_refused(
        text in prop::collection::vec(prop::sample::select(
            b"{}[]:,\"\\ud8c0ntrefalse0123.eE+- \n\t\x00\x1f\xc3\xa9\xff/b".to_vec()), 0..24),
    ) {
        let read = ours::<Value>(&text);
        if let Ok(value) = read {
            prop_assert_eq!(serde_json::from_slice::<Value>(&text).ok(), Some(value));
        }
    }

    #[test]
    fn after_one_changed_byte_both_readers_agree_or_ours_is_stricter(
        value in values(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        let theirs = serde_json::from_slice::<Value>(&text);
        match ours::<Value>(&text) {
            Ok(value) => prop_assert!(theirs.is_ok_and(|theirs| same(&theirs, &value))),
            // Stricter: repeated names, and numbers of more than 64 characters, which do not occur here.
            Err(error) => prop_assert!(
                theirs.is_err() || error == JsonError::DuplicateMember,
                "{:?}: {}", error, String::from_utf8_lossy(&text)
            ),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _read = ours::<Value>(&text);
        let _read = ours::<BTreeMap<String, Vec<Kinds>>>(&text);
        let _read = ours::<()>(&text);
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Kinds {
    Unit,
    New(u8),
    Pair(u8, String),
    Named { a: Option<bool> },
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Loose {
    Number(i32),
    Text(String),
    Many(Vec<Loose>),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Everything {
    kinds: Vec<Kinds>,
    loose: Loose,
    pair: (u8, f32),
    character: char,
    map: BTreeMap<String, i64>,
    none: Option<u8>,
    unit: (),
    wrapped: Wrapped,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Wrapped(u16);

fn everything() -> Everything {
    Everything {
        kinds: vec![
            Kinds::Unit,
            Kinds::New(7),
            Kinds::Pair(1, "ä\"".into()),
            Kinds::Named { a: None },
        ],
        loose: Loose::Many(vec![Loose::Number(-3), Loose::Text("\n".into())]),
        pair: (3, 0.1),
        character: '\u{1f600}',
        map: [("min".into(), i64::MIN), ("max".into(), i64::MAX)].into(),
        none: None,
        unit: (),
        wrapped: Wrapped(9),
        rest: [("extra".into(), json!({"a": [1, 2.5, null]}))].into(),
    }
}

#[test]
fn every_serde_type_is_written_and_read_back() {
    let mut out = Vec::new();
    write_value(&everything(), &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<Everything>(&out).unwrap(), everything());
    assert_eq!(ours::<Everything>(&out), Ok(everything()));
    let theirs = serde_json::to_string(&everything()).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), theirs);
}

#[test]
fn each_error_has_its_own_text() {
    let errors = [
        JsonError::Syntax,
        JsonError::Encoding,
        JsonError::DuplicateMember,
        JsonError::TooDeep,
        JsonError::TooManyMembers,
        JsonError::NumberRange,
        JsonError::NotAnObject,
        JsonError::Shape,
    ];
    let texts: std::collections::BTreeSet<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), errors.len());
    assert!(
        texts
            .iter()
            .all(|text| text.starts_with("it ") || text.starts_with("a "))
    );
}

#[test]
fn members_keep_the_order_of_the_type() {
    #[derive(Serialize)]
    struct Claims {
        user_id: u64,
        exp: i64,
        a: &'static str,
    }
    let mut out = Vec::new();
    write_value(
        &Claims {
            user_id: 1,
            exp: -2,
            a: "x",
        },
        &mut out,
    )
    .unwrap();
    assert_eq!(out, br#"{"user_id":1,"exp":-2,"a":"x"}"#);
}

#[test]
fn values_without_a_strict_form_are_not_written() {
    #[derive(Serialize)]
    struct Twice {
        exp: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    #[derive(Serialize)]
    enum Deep<T> {
        Named { list: Vec<(u8, Option<T>)> },
    }
    #[derive(Serialize)]
    struct Newtype(f64);
    fn written<T: Serialize>(value: T) -> Option<String> {
        let mut out = Vec::new();
        write_value(&value, &mut out).ok()?;
        String::from_utf8(out).ok()
    }
    let deep = |value| Deep::Named {
        list: vec![(1, Some(value))],
    };
    let twice = |name: &str| Twice {
        exp: 1,
        rest: [(name.to_owned(), 2)].into(),
    };
    assert_eq!(written(deep(0.5)).unwrap(), r#"{"Named":{"list":[[1,0.5]]}}"#);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(written(number), None);
        assert_eq!(written(number as f32), None);
        assert_eq!(written(deep(number)), None);
        assert_eq!(written(Newtype(number)), None);
        assert_eq!(written(Result::<f64, f64>::Ok(number)), None, "a variant");
        assert_eq!(written(BTreeMap::from([("exp", number)])), None);
    }
    assert_eq!(written(twice("nbf")).unwrap(), r#"{"exp":1,"nbf":2}"#);
    assert_eq!(written(twice("exp")), None, "a name is repeated");
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    assert_eq!(written(raw(r#"{"exp":1,"nbf":2}"#)).unwrap(), r#"{"exp":1,"nbf":2}"#);
    assert_eq!(
        written(raw(r#"{"exp":1,"exp":2}"#)),
        None,
        "a name is repeated in JSON text"
    );
    assert_eq!(written(raw("1e999")), None, "JSON text with a number beyond a double");
    assert_eq!(written(BTreeMap::from([((), 2)])), None, "a key that is no text");
    assert_eq!(written(u128::MAX), None);
}

/// The names in such an enum are not those of one struct: serde adds the tag to the variant's own.
#[test]
fn a_tag_that_repeats_a_field_is_not_written() {
    #[derive(Serialize)]
    struct Inner {
        kind: u8,
    }
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Variant(Inner),
    }
    assert!(write_value(&Tagged::Variant(Inner { kind: 1 }), &mut Vec::new()).is_err());
}

#[test]
fn nesting_that_the_reader_refuses_is_not_written() {
    #[derive(Serialize)]
    struct Nested(Vec<Nested>);
    let nested = |levels: usize| (1..levels).fold(Nested(Vec::new()), |inner, _| Nested(vec![inner]));
    assert!(write_value(&nested(MAX_DEPTH), &mut Vec::new()).is_ok());
    assert!(write_value(&nested(MAX_DEPTH + 1), &mut Vec::new()).is_err());
}

#[test]
fn integer_keys_of_a_map_become_text_and_are_compared_as_such() {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
    #[serde(untagged)]
    enum Key {
        Number(u8),
        Text(&'static str),
    }
    let written = |keys: [Key; 2]| {
        let mut out = Vec::new();
        write_value(&BTreeMap::from(keys.map(|key| (key, true))), &mut out).map(|()| out)
    };
    assert_eq!(
        written([Key::Number(1), Key::Text("2")]).unwrap(),
        br#"{"1":true,"2":true}"#
    );
    assert!(written([Key::Number(1), Key::Text("1")]).is_err());
}

#[test]
fn arrays_and_enums_must_fit_their_type() {
    assert_eq!(ours::<(u8, u8)>(b"[1,2]"), Ok((1, 2)));
    for bad in ["[1]", "[1,2,3]", "[]", "{}", "1", "[1,2"] {
        assert!(ours::<(u8, u8)>(bad.as_bytes()).is_err(), "{bad}");
    }
    for bad in [
        r#"{"New":1,"Unit":null}"#,
        "{}",
        r#"{"Unit":1}"#,
        r#""New""#,
        r#"{"New":1,"New":1}"#,
        "1",
        "null",
        r#"{"New"}"#,
    ] {
        assert!(ours::<Kinds>(bad.as_bytes()).is_err(), "{bad}");
    }
    assert_eq!(ours::<Kinds>(br#"{"\u0055nit":null}"#), Ok(Kinds::Unit));
}
