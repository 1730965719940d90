//! serde's view of the reader: the caller's type is filled in the same walk that enforces the rules.

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::de_parts::{ScalarDeserializer, Variant};
use super::names::Name;
use super::reader::{Kind, ObjectMark, Reader, Stop};
use super::text::Text;
use super::{JsonError, Number};

/// Looks on while the members of the outermost object go by.
pub(crate) trait Watch<'de> {
    /// A member's name; the reader is in front of its value. What has been read of the value is handed back, so
    /// that the caller's type gets it too.
    fn member(&mut self, name: Name<'de>, reader: &mut Reader<'de>) -> Result<Scalar<'de>, Stop>;
}

/// What a [`Watch`] has read of a value.
pub(crate) enum Scalar<'de> {
    /// Nothing, or something that has to be read again.
    Unread,
    /// A string.
    Text(Text<'de>),
    /// A number.
    Number(Number),
}

/// Reads a text that is one object, from its first byte to its last, into `T`; `watch` sees each member on the way,
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

/// A type may swallow an error that it was given; the reader's own memory of it decides.
fn finish<T>(mut reader: Reader<'_>, read: Result<T, Stop>) -> Result<T, JsonError> {
    let value = read.map_err(|_| reader.fault().unwrap_or(JsonError::Shape))?;
    reader
        .finish()
        .map_err(|_| reader.fault().unwrap_or(JsonError::Syntax))?;
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

/// Inner objects are of no interest to a watch.
struct Unwatched;

impl<'de> Watch<'de> for Unwatched {
    fn member(&mut self, _: Name<'de>, _: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        Ok(Scalar::Unread)
    }
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

    /// A caller who wants no claims says so with `()`; the members are read all the same.
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

/// An object to the visitor; what the visitor leaves unread is read and checked after it.
fn visit_members<'de, V: Visitor<'de>, W: Watch<'de>>(
    reader: &mut Reader<'de>,
    watch: &mut W,
    visitor: V,
) -> Result<V::Value, Stop> {
    let mut members = Members::open(reader, watch)?;
    match visitor.visit_map(&mut members) {
        Ok(value) => members.drain().map(|()| value),
        // The position is somewhere inside the object: nothing sound can follow.
        Err(_) => Err(members.reader.stop(JsonError::Shape)),
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
            // More elements than the type has room for: `[1,2,3]` is not a pair.
            true => Err(elements.reader.stop(JsonError::Shape)),
        },
        Err(_) => Err(elements.reader.stop(JsonError::Shape)),
    }
}

/// `{"Variant": value}`
fn visit_variant<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, visitor: V) -> Result<V::Value, Stop> {
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

/// Gives one value to a seed, and reads it itself where the seed did not care to.
pub(super) fn feed<'de, S: DeserializeSeed<'de>>(reader: &mut Reader<'de>, seed: S) -> Result<S::Value, Stop> {
    let before = reader.position();
    let value = seed.deserialize(&mut *reader)?;
    if reader.position() == before {
        reader.skip_value()?;
    }
    match reader.fault() {
        None => Ok(value),
        Some(_) => Err(Stop),
    }
}

struct Members<'r, 'w, 'de, W> {
    reader: &'r mut Reader<'de>,
    watch: &'w mut W,
    object: ObjectMark,
    /// The reader is in front of a value that nobody has read.
    pending: bool,
    done: bool,
}

impl<'r, 'w, 'de, W: Watch<'de>> Members<'r, 'w, 'de, W> {
    fn open(reader: &'r mut Reader<'de>, watch: &'w mut W) -> Result<Self, Stop> {
        let object = reader.open_object()?;
        Ok(Self {
            reader,
            watch,
            object,
            pending: false,
            done: false,
        })
    }

    #[inline]
    fn next_name(&mut self) -> Result<bool, Stop> {
        if self.done {
            return Ok(false);
        }
        self.pending = self.reader.next_name(&mut self.object)?;
        self.done = !self.pending;
        Ok(self.pending)
    }

    /// Lets the watch look at the pending value first.
    #[inline]
    fn watched(&mut self) -> Result<Scalar<'de>, Stop> {
        self.pending = false;
        let before = self.reader.position();
        let seen = self.watch.member(self.reader.name(), self.reader)?;
        if matches!(seen, Scalar::Unread) {
            self.reader.rewind(before);
        }
        Ok(seen)
    }

    /// Reads the pending value if the visitor did not.
    fn settle(&mut self) -> Result<(), Stop> {
        if self.pending
            && let Scalar::Unread = self.watched()?
        {
            self.reader.skip_value()?;
        }
        Ok(())
    }

    /// Reads what is left.
    fn drain(&mut self) -> Result<(), Stop> {
        loop {
            self.settle()?;
            if !self.next_name()? {
                return Ok(());
            }
        }
    }
}

impl<'de, W: Watch<'de>> MapAccess<'de> for Members<'_, '_, 'de, W> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        self.settle()?;
        if !self.next_name()? {
            return Ok(None);
        }
        seed.deserialize(ScalarDeserializer::Text(self.reader.name().text))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        match self.watched()? {
            Scalar::Unread => feed(self.reader, seed),
            Scalar::Text(text) => seed.deserialize(ScalarDeserializer::Text(text)),
            Scalar::Number(number) => seed.deserialize(ScalarDeserializer::Number(number)),
        }
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
