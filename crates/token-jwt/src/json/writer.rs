//! The JSON that is signed: serde_json writes it, and what a strict reader would refuse is not written.

use serde::ser::Serialize;

use super::reader::Reader;
use super::write_check::{WriteCheck, WriteError};

/// Appends `value` as JSON without white space; members keep the order in which the caller's type has them.
///
/// serde_json accepts more than a strict reader does: it writes NaN and infinities as `null`, and does not notice a name
/// that a map or `#[serde(flatten)]` repeats. A value with either is refused, so that no token is signed that the
/// verifier rejects or that means something else.
pub(crate) fn write_value<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), WriteError> {
    let mut may_repeat_names = false;
    value.serialize(WriteCheck::new(&mut may_repeat_names))?;
    let start = out.len();
    serde_json::to_writer(&mut *out, value).map_err(|_| WriteError)?;
    match may_repeat_names {
        true => read_strictly(out.get(start..).unwrap_or_default()),
        false => Ok(()),
    }
}

fn read_strictly(text: &[u8]) -> Result<(), WriteError> {
    let mut reader = Reader::new(text).map_err(|_| WriteError)?;
    let read = reader.skip_value().and_then(|()| reader.finish());
    read.map_err(|_| WriteError)
}
