//! serde's view of the reader: the caller's type is filled in the same pass that enforces the rules.

mod feed;
mod members;
mod scalar;
mod value;
mod variant;
mod watch;

use serde::de::{self, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::error::JsonError;
use super::reader::{Kind, Reader, Stop};
use members::{Members, visit_members};

pub(crate) use watch::{Scalar, Watch};

/// Reads a text that is one object, from its first byte to its last, into `T`. `watch` sees each member before `T` does,
/// also those that `T` ignores.
pub(crate) fn read_object<'de, T: de::Deserialize<'de>>(
    bytes: &'de [u8],
    watch: &mut impl Watch<'de>,
) -> Result<T, JsonError> {
    let mut reader = Reader::new(bytes)?;
    let read = match reader.kind() {
        Ok(Kind::Object) => T::deserialize(Outermost {
            reader: &mut reader,
            watch,
        }),
        Ok(_) => Err(reader.stop(JsonError::NotAnObject)),
        Err(stop) => Err(stop),
    };
    finish(reader, read)
}

/// Reads a text that is one value into `T`.
pub(crate) fn read_value<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, JsonError> {
    let mut reader = Reader::new(bytes)?;
    let read = T::deserialize(&mut reader);
    finish(reader, read)
}

/// A type may hide an error that it was given; the reader has kept it.
fn finish<T>(mut reader: Reader<'_>, read: Result<T, Stop>) -> Result<T, JsonError> {
    let value = read.map_err(|_| reader.error().unwrap_or(JsonError::Shape))?;
    reader
        .finish()
        .map_err(|_| reader.error().unwrap_or(JsonError::Syntax))?;
    Ok(value)
}

impl de::Error for Stop {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The outermost object, watched.
struct Outermost<'r, 'w, 'de, W> {
    reader: &'r mut Reader<'de>,
    watch: &'w mut W,
}

impl<'de, W: Watch<'de>> Deserializer<'de> for Outermost<'_, '_, 'de, W> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visit_members(self.reader, self.watch, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    /// A caller who needs no claims asks for `()`; the members are read all the same.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let mut members = Members::open(self.reader, self.watch)?;
        members.drain()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        seq tuple tuple_struct map struct enum identifier
    }
}
