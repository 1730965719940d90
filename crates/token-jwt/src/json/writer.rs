//! The JSON that is signed: serde_json writes it, and what a strict reader would refuse is not written.

use serde::ser::Serialize;

use super::reader::Reader;
use super::write_check::{WriteCheck, WriteError};

/// Appends `value` as JSON without white space; members keep the order in which the caller's type has them.
///
/// serde_json accepts more than a strict reader does: it writes NaN and infinities as `null`, repeats a name that a map,
/// `#[serde(flatten)]` or an enum's tag repeats, and nests without limit. A value with any of these is refused: what was
/// written is read back, so that no token is signed that the verifier rejects.
pub(crate) fn write_value<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), WriteError> {
    value.serialize(WriteCheck)?;
    let start = out.len();
    serde_json::to_writer(&mut *out, value).map_err(|_| WriteError)?;
    read_strictly(out.get(start..).unwrap_or_default())
}

fn read_strictly(text: &[u8]) -> Result<(), WriteError> {
    let mut reader = Reader::new(text).map_err(|_| WriteError)?;
    let read = reader.skip_value().and_then(|()| reader.finish());
    read.map_err(|_| WriteError)
}
