//! Login names, in the one form in which they are compared.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::contract::invalid_name::InvalidName;

/// A login name in the one form in which names are compared, counted and stored for look-up: trimmed, normalised
/// (NFC) and case-folded (Unicode simple case folding).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedLogin(Arc<str>);

impl FoldedLogin {
    /// The longest name that is accepted, in bytes as typed.
    pub const MAX_BYTES: usize = 254;

    /// Folds a name as typed.
    ///
    /// # Errors
    /// [`InvalidName`] for an empty or blank one, one over [`Self::MAX_BYTES`], and one with control characters: no
    /// account can have it.
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        let trimmed = typed.trim();
        let usable = !trimmed.is_empty() && typed.len() <= Self::MAX_BYTES && !trimmed.chars().any(char::is_control);
        usable.then(|| Self(fold(trimmed).into())).ok_or(InvalidName::new(
            "a name of at most 254 bytes, not blank, without control characters",
        ))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FoldedLogin {
    /// Prints its length only: people type passwords into the name field, and this may be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoldedLogin({} bytes)", self.0.len())
    }
}

fn fold(text: &str) -> String {
    let fold_char = |c: char| {
        unicode_case_mapping::case_folded(c)
            .and_then(|folded| char::from_u32(folded.get()))
            .unwrap_or(c)
    };
    text.nfc().map(fold_char).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_login_fold_to_one() {
        let folded = FoldedLogin::parse("jose\u{301}@example.com").expect("usable");
        for spelling in ["JOSÉ@example.com", " José@Example.COM ", "JOSE\u{301}@EXAMPLE.com"] {
            assert_eq!(FoldedLogin::parse(spelling), Ok(folded.clone()), "{spelling}");
        }
        assert_ne!(FoldedLogin::parse("jose@example.com"), Ok(folded));
    }

    #[test]
    fn folding_is_idempotent_for_every_character() {
        for c in ('\u{1}'..='\u{1ffff}').filter(|c| !c.is_control() && !c.is_whitespace()) {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn unusable_names_are_refused() {
        for name in ["", "   ", "a\0b", "a\r\nb", "\u{1b}[2Ja", &"a".repeat(255)] {
            assert!(FoldedLogin::parse(name).is_err(), "{name:?}");
        }
    }
}
