//! Roles.

use auth_core::{InvalidName, Realm, Scopes};

/// The name of a role in its realm, such as `jugador`: 1 to 64 characters, no control characters, no space at its ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName(String);

impl RoleName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let length = name.chars().count();
        let good = (1..=64).contains(&length) && name.trim() == name && !name.chars().any(char::is_control);
        good.then(|| Self(name.to_owned())).ok_or(InvalidName::new(
            "1 to 64 characters, no control characters, no space at its ends",
        ))
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

impl Role {
    /// What is set, in a line for the audit log, which may cut it: so the number of permissions comes before them.
    pub fn summary(&self) -> String {
        let names: Vec<_> = self.permissions.iter().map(|permission| permission.as_str()).collect();
        format!("{} permissions={} {}", self.name.as_str(), names.len(), names.join(" "))
            .trim_end()
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_a_role_says_how_many_permissions_it_has_and_which() {
        let role = |permissions: &[&str]| Role {
            realm: Realm::from_stored("pbx"),
            name: RoleName::parse("helper").unwrap(),
            permissions: permissions
                .iter()
                .map(|name| crate::parse_permission(name).unwrap())
                .collect(),
        };
        assert_eq!(role(&["a.b", "c"]).summary(), "helper permissions=2 a.b c");
        assert_eq!(role(&[]).summary(), "helper permissions=0");
    }

    #[test]
    fn a_name_is_kept_as_it_is() {
        for name in ["jugador", "a b", "é", &"x".repeat(64)] {
            assert_eq!(RoleName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_could_be_mistaken_for_others_are_refused() {
        for name in ["", " a", "a ", "a\nb", "\0", &"x".repeat(65)] {
            assert!(RoleName::parse(name).is_err(), "{name:?}");
        }
    }
}
