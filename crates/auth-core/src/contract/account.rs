//! Accounts and clients: the owners of tokens.

use std::fmt;
use std::sync::Arc;

use super::clock::Timestamp;
use super::invalid_name::InvalidName;

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

/// Counts the events that revoke all tokens of an account: a password change, being disabled. A token records the
/// generation it was granted in and is refused once the account has a newer one. So no token has to be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub i64);

/// A separate set of accounts, such as `workshops`. The same login in two realms is two accounts.
///
/// Names are 1 to 64 characters of `a-z`, `0-9`, `-`, `_`. `org:<number>`, for the clients of one organisation, is
/// reserved for [`Realm::of_organisation`], so that no configured realm can be the realm of clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(Arc<str>);

impl Realm {
    /// Reads the name of a realm of accounts.
    ///
    /// # Errors
    /// [`InvalidName`] if it is not 1 to 64 of the allowed characters.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let good = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
        good.then(|| Self(name.into()))
            .ok_or(InvalidName::new("1 to 64 characters of a-z 0-9 - _"))
    }

    /// The realm of one organisation's clients.
    pub fn of_organisation(organisation: i64) -> Self {
        Self(format!("org:{organisation}").into())
    }

    /// The organisation whose clients' realm this is; `None` for a realm of accounts.
    pub fn organisation(&self) -> Option<i64> {
        self.0.strip_prefix("org:")?.parse().ok()
    }

    /// A realm as it is stored; the name is not checked.
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
    /// Its realm.
    pub realm: Realm,
    /// Its login name, as stored (not folded).
    pub login: String,
    /// A second name it may sign in with.
    pub alias: Option<String>,
    /// The name of its role in its realm.
    pub role: Option<String>,
    /// Its generation now.
    pub generation: Generation,
    /// Whether it is disabled: it cannot sign in, and all its tokens are refused.
    pub disabled: bool,
    /// What its dialect needs to answer with, beyond the above.
    pub attributes: Attributes,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What one dialect stores about an account, as JSON members.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its number, where the caller must choose it; otherwise the store does.
    pub subject: Option<Subject>,
    /// Its realm.
    pub realm: Realm,
    /// Its login name, as it is to be stored (not folded).
    pub login: String,
    /// A second name to sign in with.
    pub alias: Option<String>,
    /// The name of its role.
    pub role: Option<String>,
    /// What its dialect needs to answer with.
    pub attributes: Attributes,
    /// Now.
    pub created_at: Timestamp,
}

impl NewAccount {
    /// What is set, in a line for the audit log: the role, whether there is an alias, and what the attributes are called. The names and
    /// the values are the person's: the log, which nobody can change, has the account's number for them.
    pub fn summary(&self) -> String {
        let role = self.role.as_ref();
        let mut parts = vec![role.map_or_else(|| "no role".to_owned(), |role| format!("role={role}"))];
        parts.extend(self.alias.as_ref().map(|_| "alias".to_owned()));
        if !self.attributes.is_empty() {
            let names: Vec<_> = self.attributes.keys().map(String::as_str).collect();
            parts.push(format!("attributes={}", names.join(",")));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_an_account_has_nothing_of_the_person() {
        let mut new = NewAccount {
            subject: None,
            realm: Realm::from_stored("pbx"),
            login: "ann@example.com".into(),
            alias: Some("ann".into()),
            role: Some("admin".into()),
            attributes: Attributes::new(),
            created_at: Timestamp::from_seconds(1),
        };
        assert_eq!(new.summary(), "role=admin, alias");
        new.attributes.insert("name".into(), "Canary".into());
        (new.alias, new.role) = (None, None);
        assert_eq!(new.summary(), "no role, attributes=name");
    }

    #[test]
    fn no_configured_realm_is_an_organisations() {
        let clients = Realm::of_organisation(171);
        assert!(Realm::parse(clients.as_str()).is_err());
        assert_eq!(clients.organisation(), Some(171));
        assert_eq!(Realm::parse("org171").unwrap().organisation(), None);
        assert!(Realm::parse("workshops").is_ok());
        assert!(Realm::parse("a b").is_err());
        assert!(Realm::parse("").is_err());
    }
}
