//! Roles.

use auth_core::{Realm, Scopes};

/// The name of a role in its realm, such as `jugador`: 1 to 64 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName(String);

impl RoleName {
    /// Reads a name; `None` where it is not allowed.
    pub fn parse(name: &str) -> Option<Self> {
        let length = name.chars().count();
        let good = (1..=64).contains(&length) && name.trim() == name && !name.chars().any(char::is_control);
        good.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A role with its permissions, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The realm it belongs to.
    pub realm: Realm,
    /// Its name in that realm.
    pub name: RoleName,
    /// What holders of the role may do.
    pub permissions: Scopes,
}
