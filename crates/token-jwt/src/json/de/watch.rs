//! Sees the members of the outermost object before the caller's type does.

use crate::json::member_names::Name;
use crate::json::number::Number;
use crate::json::reader::{Reader, Stop};
use crate::json::text::Text;

/// Sees each member of the outermost object before the caller's type does.
pub(crate) trait Watch<'de> {
    /// A member's name; the reader is before its value. Returns what it has read of the value, so that the caller's type
    /// gets it too.
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

/// The watch of inner objects: it reads nothing.
pub(super) struct Unwatched;

impl<'de> Watch<'de> for Unwatched {
    fn member(&mut self, _: Name<'de>, _: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        Ok(Scalar::Unread)
    }
}
