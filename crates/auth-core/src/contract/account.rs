//! Who a token speaks for.

use std::fmt;
use std::sync::Arc;

use super::clock::Timestamp;

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
