//! A token on its way into an answer.

use std::fmt;

use serde::Serialize;

/// A secret text borrowed for one answer. It serialises as the text and prints as a placeholder.
///
/// # Security
/// The only way to the text is serialisation into an answer; `Debug` shows nothing of it, not even its length.
#[derive(Clone, Copy, Serialize)]
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
