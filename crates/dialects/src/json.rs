//! Strict JSON bodies (RFC 8259).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fields::Fields;
use crate::request_rejection::RequestRejection;

/// Reads one JSON object.
///
/// Stricter than `serde_json` alone: the whole body must be UTF-8, also inside members that are ignored; and no object
/// at any depth may name a member twice, compared after unescaping, because two parsers may disagree about which one
/// counts. `serde_json` limits the depth to 128.
pub(crate) fn object(bytes: &[u8]) -> Result<Fields, RequestRejection> {
    let text = str::from_utf8(bytes).map_err(|_| RequestRejection::Malformed)?;
    match serde_json::from_str(text) {
        Ok(Strict(Value::Object(members))) => Ok(Fields::new(members)),
        _ => Err(RequestRejection::Malformed),
    }
}

/// A JSON value without repeated member names.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Strict(value) = members.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is named twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::MAX_BODY;

    fn reads(bytes: &[u8]) -> bool {
        object(bytes).is_ok()
    }

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth_and_after_unescaping() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"y":[{"a":1,"b":2,"a":3}]}}"#,
            r#"{"":0,"":0}"#,
        ] {
            assert!(!reads(text.as_bytes()), "{text}");
        }
        assert!(reads(r#"{"a":{"a":{"a":1}},"A":[{"a":1},{"a":1}]}"#.as_bytes()));
    }

    #[test]
    fn broken_text_is_refused_also_in_an_ignored_member() {
        for bytes in [
            &b"{\"ignored\":\"\xff\"}"[..],
            b"{\"ignored\":\"\xed\xa0\x80\"}",
            br#"{"ignored":"\ud800"}"#,
            br#"{"ignored":"\udc00\ud800"}"#,
            b"{\"ignored\":\"a\nb\"}",
            b"\xef\xbb\xbf{}",
            b"{\0}",
        ] {
            assert!(!reads(bytes), "{bytes:?}");
        }
        assert!(reads(br#"{"ignored":"\ud83d\ude00"}"#));
    }

    #[test]
    fn a_body_is_one_object_and_nothing_else() {
        for text in [
            "",
            " ",
            "null",
            "1",
            "[]",
            "\"{}\"",
            "{}x",
            "{}{}",
            "{,}",
            "{\"a\":1,}",
            "{a:1}",
        ] {
            assert!(!reads(text.as_bytes()), "{text}");
        }
        for text in ["{}", " {\t}\r\n", "{\"a\":[1,-2,3.5,1e3,true,null,\"\"]}"] {
            assert!(reads(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn deep_nesting_within_the_size_limit_is_refused_without_a_stack_overflow() {
        let nested =
            |open: &str, close: &str, depth| format!("{{\"x\":{}0{}}}", open.repeat(depth), close.repeat(depth));
        assert!(reads(nested("[", "]", 100).as_bytes()));
        assert!(!reads(nested("[", "]", 7000).as_bytes()));
        assert!(!reads(nested("{\"a\":", "}", 2500).as_bytes()));
        assert!(!reads(&b"[".repeat(MAX_BODY)));
    }
}
