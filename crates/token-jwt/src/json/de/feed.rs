//! Gives one value to the caller's type.

use serde::de::DeserializeSeed;

use crate::json::reader::{Reader, Stop};

/// Gives one value to a seed, and reads it here if the seed does not.
pub(super) fn feed<'de, S: DeserializeSeed<'de>>(reader: &mut Reader<'de>, seed: S) -> Result<S::Value, Stop> {
    let before = reader.position();
    let value = seed.deserialize(&mut *reader)?;
    if reader.position() == before {
        reader.skip_value()?;
    }
    match reader.error() {
        None => Ok(value),
        Some(_) => Err(Stop),
    }
}
