//! Who a token speaks for.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::clock::Timestamp;

/// The number of an account or client. One numbering for both, so that a token names its owner in one way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub i64);

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.0)
    }
}

/// Counts the events that end everything an account holds: a password change, being disabled. A token remembers the
/// generation it was granted in and dies when the account moves on; nothing has to find and sweep the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub i64);

/// A separate set of accounts, such as `workshops`. The same login in two realms is two people.
///
/// Names are 1 to 64 characters of `a-z`, `0-9`, `-`, `_`; `org:<number>`, for the clients of one organisation, is
/// reserved for [`Realm::of_organisation`], so that no configured realm can reach them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(Arc<str>);

impl Realm {
    /// Reads the name of a realm of accounts; `None` for a name that is not allowed.
    pub fn parse(name: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let good = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
        good.then(|| Self(name.into()))
    }

    /// The realm of one organisation's clients.
    pub fn of_organisation(organisation: i64) -> Self {
        Self(format!("org:{organisation}").into())
    }

    /// The organisation whose clients' realm this is; `None` for a realm of accounts.
    pub fn organisation(&self) -> Option<i64> {
        self.0.strip_prefix("org:")?.parse().ok()
    }

    /// A realm as a store holds it.
    pub fn from_stored(name: &str) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A login name in the one form in which names are compared, counted and stored for look-up: trimmed, normalised
/// (NFC) and case-folded (Unicode simple case folding).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedLogin(Arc<str>);

impl FoldedLogin {
    /// The longest name that is looked at, in bytes as typed.
    pub const MAX_BYTES: usize = 254;

    /// Folds a name as typed. `None` for an empty or blank one, one over [`Self::MAX_BYTES`], and one with control
    /// characters: no account can have it.
    pub fn parse(typed: &str) -> Option<Self> {
        let trimmed = typed.trim();
        let usable = !trimmed.is_empty() && typed.len() <= Self::MAX_BYTES && !trimmed.chars().any(char::is_control);
        usable.then(|| Self(fold(trimmed).into()))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FoldedLogin {
    /// Its length only: people type passwords into the name field, and logs keep what they are given.
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

/// One account or client.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its number.
    pub subject: Subject,
    /// Where it lives.
    pub realm: Realm,
    /// Its login name, as stored (not folded).
    pub login: String,
    /// A second name it may sign in with.
    pub alias: Option<String>,
    /// The name of its role in its realm.
    pub role: Option<String>,
    /// Its generation now.
    pub generation: Generation,
    /// Whether it is barred from everything.
    pub disabled: bool,
    /// What its dialect says about it beyond the above.
    pub attributes: Attributes,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What one dialect knows about an account, as JSON members.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its number, where the caller must choose it; otherwise the store does.
    pub subject: Option<Subject>,
    /// Where it will live.
    pub realm: Realm,
    /// Its login name, as it is to be shown.
    pub login: String,
    /// A second name to sign in with.
    pub alias: Option<String>,
    /// The name of its role.
    pub role: Option<String>,
    /// What its dialect says about it.
    pub attributes: Attributes,
    /// Now.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_login_fold_to_one() {
        let folded = FoldedLogin::parse("jose\u{301}@example.com").expect("usable");
        for spelling in ["JOSÉ@example.com", " José@Example.COM ", "JOSE\u{301}@EXAMPLE.com"] {
            assert_eq!(FoldedLogin::parse(spelling), Some(folded.clone()), "{spelling}");
        }
        assert_ne!(FoldedLogin::parse("jose@example.com"), Some(folded));
    }

    #[test]
    fn folding_is_idempotent_for_every_character() {
        for c in ('\u{1}'..='\u{1ffff}').filter(|c| !c.is_control() && !c.is_whitespace()) {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn unusable_names_are_none() {
        for name in ["", "   ", "a\0b", "a\r\nb", "\u{1b}[2Ja", &"a".repeat(255)] {
            assert_eq!(FoldedLogin::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn no_configured_realm_reaches_an_organisation() {
        let clients = Realm::of_organisation(171);
        assert_eq!(Realm::parse(clients.as_str()), None);
        assert_eq!(clients.organisation(), Some(171));
        assert_eq!(Realm::parse("org171").and_then(|realm| realm.organisation()), None);
        assert!(Realm::parse("workshops").is_some());
        assert_eq!(Realm::parse("a b"), None);
        assert_eq!(Realm::parse(""), None);
    }
}
