//! Accounts, roles and partners of a dialect for `--demo`.

use consumer_auth::Organisation;
use serde_json::Value;

/// What one dialect adds to the demo. Its passwords are public: `--demo` listens on loopback only.
#[derive(Debug, Default)]
pub struct DemoData {
    /// Roles, created before the people who have them.
    pub roles: Vec<DemoRole>,
    /// People who sign in with a password.
    pub people: Vec<DemoPerson>,
    /// Organisations, created before their consumers.
    pub organisations: Vec<Organisation>,
    /// Partners.
    pub consumers: Vec<DemoConsumer>,
}

/// A role of the demo.
#[derive(Debug)]
pub struct DemoRole {
    /// The realm of the role.
    pub realm: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its permissions, in order.
    pub permissions: &'static [&'static str],
}

/// A person of the demo.
#[derive(Debug)]
pub struct DemoPerson {
    /// The account's number; `None`: the next free one.
    pub subject: Option<i64>,
    /// The realm of the account.
    pub realm: &'static str,
    /// The name to sign in with.
    pub login: &'static str,
    /// A second name to sign in with.
    pub alias: Option<&'static str>,
    /// The name of its role.
    pub role: Option<&'static str>,
    /// The password.
    pub password: &'static str,
    /// The bcrypt hash of the password, of cost 12, prepared so that the demo starts at once; `None`: it is
    /// computed when the demo data are loaded.
    pub hash: Option<&'static str>,
    /// What the dialect prints about the account: a JSON object, or null.
    pub attributes: Value,
}

impl DemoPerson {
    /// A person without alias, role and attributes, whose number is the next free one.
    pub fn new(realm: &'static str, login: &'static str, password: &'static str) -> Self {
        Self {
            subject: None,
            realm,
            login,
            alias: None,
            role: None,
            password,
            hash: None,
            attributes: Value::Null,
        }
    }

    /// The same with a role.
    #[must_use]
    pub fn with_role(self, role: &'static str) -> Self {
        Self {
            role: Some(role),
            ..self
        }
    }

    /// The same with a bcrypt hash of cost 12 of the password.
    #[must_use]
    pub fn with_hash(self, hash: &'static str) -> Self {
        Self {
            hash: Some(hash),
            ..self
        }
    }
}

/// A partner of the demo.
#[derive(Debug)]
pub struct DemoConsumer {
    /// The public key.
    pub key: &'static str,
    /// The secret token.
    pub token: &'static str,
    /// The number of its organisation.
    pub organisation: i64,
}
