//! A JSON writer that keeps members in the order in which the caller's type has them.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::ser_name::MemberName;
use super::words::plain_end;
use super::{JsonError, Reader};

/// Appends `value` as JSON without white space.
///
/// What a `Serialize` can get wrong is refused here, so that no token is signed that the verifier refuses: a number
/// that JSON does not have, a map with a key that is no string, a name written twice.
pub(crate) fn write_value<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let start = out.len();
    let mut writer = Writer { out, free_names: false };
    value.serialize(&mut writer)?;
    // The names of a struct are its fields'; only a map (or `flatten`, which becomes one) can repeat itself.
    if writer.free_names {
        check(out.get(start..).unwrap_or_default())
    } else {
        Ok(())
    }
}

fn check(text: &[u8]) -> Result<(), Unwritable> {
    let whole = |text| -> Result<(), JsonError> {
        let mut reader = Reader::new(text)?;
        let read = reader.skip_value().and_then(|()| reader.finish());
        read.map_err(|_| reader.fault().unwrap_or(JsonError::Syntax))
    };
    whole(text).map_err(|_| Unwritable)
}

/// The value cannot be written as JSON that a strict reader takes.
#[derive(Debug)]
pub(crate) struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value has no strict JSON form")
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    free_names: bool,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let mut rest = text;
        loop {
            let (plain, tail) = rest.split_at(plain_end(rest.as_bytes(), 0));
            self.push(plain);
            let mut characters = tail.chars();
            match characters.next() {
                Some(special) => self.escape(special),
                None => break,
            }
            rest = characters.as_str();
        }
        self.out.push(b'"');
    }

    fn escape(&mut self, character: char) {
        match character {
            '"' => self.push("\\\""),
            '\\' => self.push("\\\\"),
            '\n' => self.push("\\n"),
            '\r' => self.push("\\r"),
            '\t' => self.push("\\t"),
            other => self.push(&format!("\\u{:04x}", u32::from(other))),
        }
    }

    fn unsigned(&mut self, value: u64) {
        let (mut digits, mut start, mut rest) = ([0; 20], 20, value);
        loop {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[start..]);
    }

    /// Rust's shortest text that reads back as the same number is also JSON's, where the number is finite.
    fn float(&mut self, finite: bool, value: impl fmt::Debug) -> Result<(), Unwritable> {
        if !finite {
            return Err(Unwritable);
        }
        self.push(&format!("{value:?}"));
        Ok(())
    }

    fn open_variant(&mut self, name: &str, bracket: u8) {
        self.out.push(b'{');
        self.string(name);
        self.out.extend_from_slice(&[b':', bracket]);
    }
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Items<'w, 'o>;
    type SerializeTuple = Items<'w, 'o>;
    type SerializeTupleStruct = Items<'w, 'o>;
    type SerializeTupleVariant = Items<'w, 'o>;
    type SerializeMap = Items<'w, 'o>;
    type SerializeStruct = Items<'w, 'o>;
    type SerializeStructVariant = Items<'w, 'o>;

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.push(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unwritable> {
        if value < 0 {
            self.out.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Unwritable> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Unwritable> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Unwritable> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unwritable> {
        self.unsigned(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritable> {
        self.float(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        self.float(value.is_finite(), value)
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unwritable> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.push("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        self.out.push(b'{');
        self.string(variant);
        self.out.push(b':');
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'w, 'o>, Unwritable> {
        self.out.push(b'[');
        Ok(Items {
            writer: self,
            first: true,
            end: "]",
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'w, 'o>, Unwritable> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Items<'w, 'o>, Unwritable> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'w, 'o>, Unwritable> {
        self.open_variant(variant, b'[');
        Ok(Items {
            writer: self,
            first: true,
            end: "]}",
        })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Items<'w, 'o>, Unwritable> {
        self.out.push(b'{');
        self.free_names = true;
        Ok(Items {
            writer: self,
            first: true,
            end: "}",
        })
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Items<'w, 'o>, Unwritable> {
        self.out.push(b'{');
        Ok(Items {
            writer: self,
            first: true,
            end: "}",
        })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'w, 'o>, Unwritable> {
        self.open_variant(variant, b'{');
        Ok(Items {
            writer: self,
            first: true,
            end: "}}",
        })
    }
}

/// The elements of an array or the members of an object, as they come.
pub(super) struct Items<'w, 'o> {
    writer: &'w mut Writer<'o>,
    first: bool,
    end: &'static str,
}

impl Items<'_, '_> {
    fn separate(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.writer.out.push(b',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unwritable> {
        self.separate();
        self.writer.string(name);
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<(), Unwritable> {
        self.writer.push(self.end);
        Ok(())
    }
}

macro_rules! elements {
    ($($way:ident: $put:ident),*) => {$(
        impl ser::$way for Items<'_, '_> {
            type Ok = ();
            type Error = Unwritable;

            fn $put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
                self.element(value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

macro_rules! fields {
    ($($way:ident),*) => {$(
        impl ser::$way for Items<'_, '_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Unwritable> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.close()
            }
        }
    )*};
}

fields! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Items<'_, '_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Unwritable> {
        self.separate();
        name.serialize(MemberName { writer: self.writer })?;
        self.writer.out.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close()
    }
}
