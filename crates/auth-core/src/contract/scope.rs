//! The permissions a token carries.

use std::fmt;
use std::sync::Arc;

use super::invalid_name::InvalidName;

/// One permission, by name: 1 to 128 characters of RFC 6749 3.3 `scope-token` (visible ASCII without `"` and `\`). So it
/// can be written in a space-separated header and in a challenge without becoming another name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Arc<str>);

impl Scope {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidName`] if it is not 1 to 128 of the allowed characters.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        let good = (1..=Self::MAX_BYTES).contains(&name.len()) && name.bytes().all(allowed);
        good.then(|| Self(name.into())).ok_or(InvalidName::new(
            "1 to 128 visible ASCII characters without space, double quote and backslash",
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A list of permissions, in the order in which they were given, each once. The empty list grants nothing; no name
/// grants more than itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Arc<[Scope]>);

impl Scopes {
    /// No permissions.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether `name` is among them, byte for byte.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope.as_str() == name)
    }

    /// Those of them that `held` also has, in the order of `self`.
    #[must_use]
    pub fn and(&self, held: &Self) -> Self {
        if self.0 == held.0 {
            return self.clone();
        }
        self.iter().filter(|s| held.contains(s.as_str())).cloned().collect()
    }

    /// The permissions in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a space-separated list (RFC 6749 3.3).
    ///
    /// # Errors
    /// [`InvalidName`] if any name in it is not allowed.
    pub fn parse_list(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Ok(Self::none());
        }
        text.split(' ').map(Scope::parse).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut unique: Vec<Scope> = Vec::new();
        for scope in scopes {
            if !unique.contains(&scope) {
                unique.push(scope);
            }
        }
        Self(unique.into())
    }
}

impl fmt::Display for Scopes {
    /// Space-separated (RFC 6749 3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            write!(f, "{gap}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &[&str]) -> Scopes {
        names.iter().map(|name| Scope::parse(name).unwrap()).collect()
    }

    #[test]
    fn a_name_cannot_split_or_leave_a_header() {
        for name in ["", "a b", "a,\r\nb", "a\0", "ñ", "a\"b", "a\\b", &"x".repeat(129)] {
            assert!(Scope::parse(name).is_err(), "{name:?}");
        }
        assert!(Scope::parse("consultarTitulo").is_ok());
    }

    #[test]
    fn order_is_kept_and_repeats_are_not() {
        assert_eq!(scopes(&["b", "a", "b"]).to_string(), "b a");
        assert_eq!(Scopes::parse_list("b a"), Ok(scopes(&["b", "a"])));
        assert!(Scopes::parse_list("b  a").is_err());
    }

    #[test]
    fn an_intersection_has_what_both_have() {
        assert_eq!(scopes(&["c", "a", "b"]).and(&scopes(&["b", "c"])), scopes(&["c", "b"]));
        assert!(scopes(&["a"]).and(&Scopes::none()).is_empty());
    }
}
