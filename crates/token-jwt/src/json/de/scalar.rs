//! A string or number that has been read already.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::json::number::Number;
use crate::json::reader::Stop;
use crate::json::text::Text;

/// A value that has been read already.
pub(super) enum ScalarDeserializer<'de> {
    Text(Text<'de>),
    Number(Number),
}

impl<'de> Deserializer<'de> for ScalarDeserializer<'de> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        match self {
            Self::Text(text) => visit_text(text, visitor),
            Self::Number(number) => visit_number(number, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match self {
            Self::Text(text) => match text.plain() {
                Some(plain) => visitor.visit_enum(BorrowedStrDeserializer::new(plain)),
                None => visitor.visit_enum(text.unescaped().into_deserializer()),
            },
            Self::Number(_) => Err(Stop),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

pub(super) fn visit_text<'de, V: Visitor<'de>>(text: Text<'de>, visitor: V) -> Result<V::Value, Stop> {
    match text.plain() {
        Some(plain) => visitor.visit_borrowed_str(plain),
        None => visitor.visit_string(text.unescaped().into_owned()),
    }
}

pub(super) fn visit_number<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Stop> {
    match number {
        Number::Unsigned(value) => visitor.visit_u64(value),
        Number::Negative(value) => visitor.visit_i64(value),
        Number::Float(value) => visitor.visit_f64(value),
    }
}
