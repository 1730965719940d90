//! Operators: the people who administer this server. They are accounts in a realm of their own, with one of three roles
//! that are built in.

use std::fmt;

use auth_core::{Account, Realm};

/// The realm of operators. No flavour may use it.
pub(crate) const REALM: &str = "operators";

/// The flavour of their sessions in the console. No `[[flavour]]` may have its name.
pub(crate) const FLAVOUR: &str = "console";

/// The realm of operators.
pub(crate) fn realm() -> Realm {
    Realm::from_stored(REALM)
}

/// What an operator may do. Each role may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OperatorRole {
    /// Sees everything, and changes nothing.
    Viewer,
    /// Acts on accounts, sessions and partners.
    Operator,
    /// Acts on roles, keys and operators, too.
    Owner,
}

impl OperatorRole {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Owner];

    /// The role of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The role of an operator's account; `None` for any other account, and for one without a role.
    pub(crate) fn of(account: &Account) -> Option<Self> {
        let role = account.role.as_deref().filter(|_| account.realm.as_str() == REALM);
        role.and_then(Self::parse)
    }

    /// Its name, as it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for OperatorRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_before_may() {
        assert!(OperatorRole::Viewer < OperatorRole::Operator && OperatorRole::Operator < OperatorRole::Owner);
        for role in OperatorRole::ALL {
            assert_eq!(OperatorRole::parse(role.as_str()), Some(role));
        }
        assert_eq!(OperatorRole::parse("root"), None);
    }
}
