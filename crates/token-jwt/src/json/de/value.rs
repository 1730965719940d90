//! Any value: the reader as serde's deserializer.

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::feed::feed;
use super::members::visit_members;
use super::scalar::{visit_number, visit_text};
use super::variant::visit_variant;
use super::watch::Unwatched;
use crate::json::error::JsonError;
use crate::json::reader::{Kind, Reader, Stop};

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        match self.kind()? {
            Kind::Object => visit_members(self, &mut Unwatched, visitor),
            Kind::Array => visit_elements(self, visitor),
            Kind::String => visit_text(self.string()?, visitor),
            Kind::Number => visit_number(self.number()?, visitor),
            Kind::True => self.literal("true").and_then(|()| visitor.visit_bool(true)),
            Kind::False => self.literal("false").and_then(|()| visitor.visit_bool(false)),
            Kind::Null => self.literal("null").and_then(|()| visitor.visit_unit()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        if self.kind()? == Kind::Null {
            self.literal("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
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
        match self.kind()? {
            Kind::String => visitor.visit_enum(self.string()?.unescaped().into_deserializer()),
            Kind::Object => visit_variant(self, visitor),
            _ => Err(self.stop(JsonError::Shape)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.skip_value()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

fn visit_elements<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, visitor: V) -> Result<V::Value, Stop> {
    let first = reader.open_array()?;
    let mut elements = Elements {
        reader,
        first,
        done: false,
    };
    match visitor.visit_seq(&mut elements) {
        Ok(value) if elements.done => Ok(value),
        Ok(value) => match elements.reader.next_element(&mut elements.first)? {
            false => Ok(value),
            // More elements than the type has: `[1,2,3]` is not a pair.
            true => Err(elements.reader.stop(JsonError::Shape)),
        },
        Err(_) => Err(elements.reader.stop(JsonError::Shape)),
    }
}

struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    done: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Stop> {
        if self.done || !self.reader.next_element(&mut self.first)? {
            self.done = true;
            return Ok(None);
        }
        feed(self.reader, seed).map(Some)
    }
}
