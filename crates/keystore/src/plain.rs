//! A key that is not sealed.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::KeyFormatError;

/// Longer names are refused.
const MAX_NAME: usize = 256;

/// A key that is not sealed: its name, and its secret bytes in the form of its strategy.
///
/// # Security
/// The bytes are overwritten when it is dropped and never printed. It is not cloned, so that no copies stay behind.
pub struct PlainKey {
    name: String,
    secret: Zeroizing<Vec<u8>>,
}

impl PlainKey {
    /// A key with the name that tokens and lists show, and its secret bytes.
    ///
    /// # Errors
    /// [`KeyFormatError::Name`] if the name is empty, longer than 256 bytes, or has control characters.
    pub fn new(name: impl Into<String>, secret: impl Into<Zeroizing<Vec<u8>>>) -> Result<Self, KeyFormatError> {
        let name = name.into();
        match name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            true => Err(KeyFormatError::Name),
            false => Ok(Self::from_stored(name, secret.into())),
        }
    }

    /// A key as it was opened.
    pub(crate) fn from_stored(name: String, secret: Zeroizing<Vec<u8>>) -> Self {
        Self { name, secret }
    }

    /// Its name, unique in a store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its secret bytes, for the strategy that signs or verifies with them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainKey")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_print_its_secret() {
        let key = PlainKey::new("k1", b"canary".to_vec()).unwrap();
        assert_eq!(format!("{key:?}"), "PlainKey { name: \"k1\", .. }");
        assert_eq!((key.name(), key.expose()), ("k1", b"canary".as_slice()));
    }

    #[test]
    fn a_name_can_be_shown_in_a_line() {
        for name in ["", "a\nb", "\u{0}", &"x".repeat(257)] {
            assert_eq!(PlainKey::new(name, vec![1]).unwrap_err(), KeyFormatError::Name);
        }
        assert!(PlainKey::new("x".repeat(256), vec![1]).is_ok());
    }
}
