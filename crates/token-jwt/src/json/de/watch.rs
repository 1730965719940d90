//! A look at the members of the outermost object, before the caller's type gets them.

use crate::json::member_names::Name;
use crate::json::number::Number;
use crate::json::reader::{Reader, Stop};
use crate::json::text::Text;

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

/// Inner objects are of no interest to a watch.
pub(super) struct Unwatched;

impl<'de> Watch<'de> for Unwatched {
    fn member(&mut self, _: Name<'de>, _: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        Ok(Scalar::Unread)
    }
}
