//! A JSON reader that refuses what RFC 8259 leaves to taste, and reads no byte twice to do so.
//!
//! Every member name is unique in its object after unescaping, at every depth; text is UTF-8 and escapes pair
//! their surrogates, also inside members that nobody asked for; depth, number length and member count are bounded;
//! nothing follows the value. [`Reader`] walks the text; `de` gives it serde's shape; `ser` writes.

mod de;
mod de_parts;
mod names;
mod reader;
mod ser;
mod ser_name;
mod text;
mod words;

#[cfg(test)]
mod grammar_tests;
#[cfg(test)]
mod tests;

pub(crate) use de::{Scalar, Watch, read_object, read_value};
pub(crate) use names::{Name, Tag};
pub(crate) use reader::{Kind, Reader, Stop};
pub(crate) use ser::write_value;
pub(crate) use text::Text;

use std::fmt;

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonError {
    /// It does not follow the grammar of RFC 8259, or something follows the value.
    Syntax,
    /// It is not UTF-8, or an escape names half a surrogate pair.
    Encoding,
    /// Two members of one object have the same name.
    DuplicateMember,
    /// It nests deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More members are open at once than [`MAX_MEMBERS`].
    TooManyMembers,
    /// A number is longer than 64 characters or beyond the range of a double.
    NumberRange,
    /// It is a JSON value, but not an object.
    NotAnObject,
    /// It is an object, but not of the shape that the caller's type asks for.
    Shape,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "it is not well-formed JSON",
            Self::Encoding => "it is not valid UTF-8",
            Self::DuplicateMember => "a member name occurs twice in one object",
            Self::TooDeep => "it is nested too deeply",
            Self::TooManyMembers => "it has too many members",
            Self::NumberRange => "a number is too long or too large",
            Self::NotAnObject => "it is not an object",
            Self::Shape => "it does not have the expected members",
        })
    }
}

/// How deep objects and arrays may nest in a header, a payload or a key.
pub const MAX_DEPTH: usize = 32;

/// How many members the objects open at one point of a text may have together.
pub const MAX_MEMBERS: usize = 256;

/// A JSON number: exact where it is an integer of 64 bits, else the nearest double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Zero or above.
    Unsigned(u64),
    /// Below zero.
    Negative(i64),
    /// Written with a fraction or an exponent, or beyond 64 bits; finite.
    Float(f64),
}
