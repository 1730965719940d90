//! Enums written as an object with one member: `{"Variant": value}`.

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, Unexpected, VariantAccess, Visitor};

use super::feed::feed;
use super::scalar::ScalarDeserializer;
use crate::json::error::JsonError;
use crate::json::reader::{Kind, Reader, Stop};
use crate::json::text::Text;

/// `{"Variant": value}`
pub(super) fn visit_variant<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, visitor: V) -> Result<V::Value, Stop> {
    let mut object = reader.open_object()?;
    if !reader.next_name(&mut object)? {
        return Err(reader.stop(JsonError::Shape));
    }
    let name = reader.name();
    let value = match visitor.visit_enum(Variant {
        name: name.text,
        reader: &mut *reader,
    }) {
        Ok(value) => value,
        Err(_) => return Err(reader.stop(JsonError::Shape)),
    };
    match reader.next_name(&mut object)? {
        false => Ok(value),
        true => Err(reader.stop(JsonError::Shape)),
    }
}

struct Variant<'r, 'de> {
    name: Text<'de>,
    reader: &'r mut Reader<'de>,
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
