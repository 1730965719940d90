//! Login names, in the one form in which they are compared.

mod fold;

use std::fmt;
use std::sync::Arc;

use crate::contract::invalid_name::InvalidName;

/// A login name or an e-mail address in the one form in which names are compared, counted and stored for look-up. Two
/// names that look alike are one name, or one of them is refused:
///
/// 1. White space around it is removed; full-width and half-width characters become ordinary ones (RFC 8265 section 3.3.1).
/// 2. Characters that cannot be seen are refused: zero-width characters, joiners, variation selectors, marks that change
///    the direction of text, control characters, private use and unassigned code points.
/// 3. What follows the last `@` is a domain: UTS 46 (non-transitional), in its ASCII form. `xn--…` and the letters that it
///    stands for are one domain; one that UTS 46 refuses is refused.
/// 4. The rest is case-folded (Unicode simple case folding: `ſ` is an `s`) and normalised (NFC). Characters that then have
///    a compatibility decomposition are refused (RFC 8264 section 9.17), such as `ﬁ`, `①` or `𝐚`.
///
/// Letters of different scripts that look alike (Latin `a`, Cyrillic `а`) are different letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedLogin(Arc<str>);

impl FoldedLogin {
    /// The longest name that is accepted, in bytes as typed.
    pub const MAX_BYTES: usize = 254;

    /// Folds a name as typed.
    ///
    /// # Errors
    /// [`InvalidName`] for an empty or blank one, one over [`Self::MAX_BYTES`], and one with characters that are refused:
    /// no account can have it.
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        let fits = typed.len() <= Self::MAX_BYTES;
        let folded = fits.then(|| fold::fold(typed)).flatten();
        folded.map(|folded| Self(folded.into())).ok_or(InvalidName::new(
            "a name of at most 254 bytes, not blank, without invisible characters and compatibility characters such as ①, \
             and, after an @, a domain",
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
    fn unusable_names_are_refused() {
        for name in ["", "   ", "a\0b", "a\r\nb", "\u{1b}[2Ja", &"a".repeat(255)] {
            assert!(FoldedLogin::parse(name).is_err(), "{name:?}");
        }
    }
}
