//! What can be wrong with a JSON text.

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
    /// It nests deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// More members are open at once than [`MAX_MEMBERS`](crate::MAX_MEMBERS).
    TooManyMembers,
    /// A number is longer than 64 characters or beyond the range of a double.
    NumberRange,
    /// It is a JSON value, but not an object.
    NotAnObject,
    /// It is an object, but does not fit the caller's type.
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
