//! Values that have been read already, and enums.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Number;
use super::de::{feed, visit_number, visit_text};
use super::reader::{Kind, Reader, Stop};
use super::text::Text;

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

pub(super) struct Variant<'r, 'de> {
    pub(super) name: Text<'de>,
    pub(super) reader: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Stop> {
        let value = seed.deserialize(ScalarDeserializer::Text(self.name))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        match self.reader.kind()? {
            Kind::Null => self.reader.literal("null"),
            _ => Err(de::Error::invalid_type(Unexpected::Other("value"), &"null")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stop> {
        feed(self.reader, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Stop> {
        self.reader.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Stop> {
        self.reader.deserialize_any(visitor)
    }
}
