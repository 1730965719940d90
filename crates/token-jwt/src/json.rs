//! Strict JSON (RFC 8259): a reader that refuses what the standard leaves open, and a writer of what it accepts.
//!
//! Every member name is unique in its object after unescaping, at every depth. Text is UTF-8 and escapes pair their
//! surrogates, also inside members that the caller does not read. Depth, length of numbers and count of members are
//! bounded, and nothing follows the value. [`Reader`] reads the text, [`de`] fills a caller's type with it, and
//! [`writer`] writes.

mod de;
mod eight_bytes;
mod error;
mod member_names;
mod number;
mod reader;
mod text;
mod write_check;
mod writer;

#[cfg(test)]
mod grammar_tests;
#[cfg(test)]
mod tests;

pub use error::JsonError;
pub use member_names::MAX_MEMBERS;
pub use reader::MAX_DEPTH;

pub(crate) use de::{Scalar, Watch, read_object, read_value};
pub(crate) use member_names::{Name, Tag};
pub(crate) use number::Number;
pub(crate) use reader::{Kind, Reader, Stop};
pub(crate) use text::Text;
pub(crate) use writer::write_value;
