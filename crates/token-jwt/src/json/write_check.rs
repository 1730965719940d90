//! Looks for numbers that serde_json would write as `null`. Writes nothing.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// The value cannot be written as JSON that a strict reader accepts.
#[derive(Debug)]
pub(crate) struct WriteError;

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value has no strict JSON form")
    }
}

impl std::error::Error for WriteError {}

impl ser::Error for WriteError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A serializer without output, which refuses numbers that JSON does not have. For a struct of strings and integers
/// nothing of it is left after optimisation.
#[derive(Clone, Copy)]
pub(super) struct WriteCheck;

impl WriteCheck {
    fn finite(is_finite: bool) -> Result<(), WriteError> {
        is_finite.then_some(()).ok_or(WriteError)
    }
}

/// Methods whose values have one strict form each.
macro_rules! always_strict {
    ($($method:ident($($argument:ty),*)),* $(,)?) => {$(
        #[inline]
        fn $method(self, $(_: $argument),*) -> Result<(), WriteError> {
            Ok(())
        }
    )*};
}

impl Serializer for WriteCheck {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    always_strict! {
        serialize_bool(bool), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_none(), serialize_unit(), serialize_unit_struct(&'static str),
        serialize_unit_variant(&'static str, u32, &'static str),
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), WriteError> {
        Self::finite(value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<(), WriteError> {
        Self::finite(value.is_finite())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }
}

/// Parts of a value, each of which is checked.
macro_rules! check_parts {
    ($($way:ident::$method:ident($($name:ty)?)),* $(,)?) => {$(
        impl ser::$way for WriteCheck {
            type Ok = ();
            type Error = WriteError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), WriteError> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), WriteError> {
                Ok(())
            }
        }
    )*};
}

check_parts! {
    SerializeSeq::serialize_element(),
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(&'static str),
    SerializeStructVariant::serialize_field(&'static str),
}

impl ser::SerializeMap for WriteCheck {
    type Ok = ();
    type Error = WriteError;

    /// serde_json itself refuses a key that is not text or a number; the text is read strictly afterwards.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), WriteError> {
        Ok(())
    }
}
