//! A secret text that only an answer shows.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A secret text, such as a token, borrowed for one answer: it serialises as the text, and `Debug` shows a placeholder.
///
/// # Security
/// The text can only be had by serialising it. `Debug` does not show even its length.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Redacted<'a>(&'a str);

impl<'a> From<&'a str> for Redacted<'a> {
    fn from(secret: &'a str) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted")
    }
}
