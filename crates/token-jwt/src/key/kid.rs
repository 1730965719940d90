//! The name of a key.

use std::fmt;
use std::sync::Arc;

use ring::rand::SecureRandom;

use super::error::KeyError;
use crate::base64url;

/// The name by which a token selects its key, compared byte for byte.
///
/// 1 to 256 bytes without control characters, so that it is safe in a log line.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kid(Arc<str>);

impl Kid {
    /// Longer names are refused in keys and in tokens.
    pub const MAX_BYTES: usize = 256;

    /// Checks a name.
    ///
    /// # Errors
    /// [`KeyError::Kid`] if it is empty, too long or has control characters.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        if name.is_empty() || name.len() > Self::MAX_BYTES || name.chars().any(char::is_control) {
            return Err(KeyError::Kid);
        }
        Ok(Self(name.into()))
    }

    /// A random name of 16 characters, which reveals nothing about the key.
    ///
    /// # Errors
    /// [`KeyError::Random`] if the source fails.
    pub fn random(random: &dyn SecureRandom) -> Result<Self, KeyError> {
        let mut bytes = [0; 12];
        random.fill(&mut bytes).map_err(|_| KeyError::Random)?;
        Ok(Self(base64url::encode(&bytes).into()))
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_it_is() {
        let kid = Kid::new("2026-11 \u{e6}").unwrap();
        assert_eq!(kid.to_string(), "2026-11 \u{e6}");
        assert_eq!(kid.as_str(), kid.to_string());
    }
}
