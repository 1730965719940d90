//! The permissions that a request needs.

use auth_core::{Scope, Scopes};

/// The permissions that a token must carry: all of some, and one of others.
///
/// ```
/// use auth_core::Scopes;
/// use auth_http::Requirement;
///
/// let edit = Requirement::all_of(["games.read", "games.write"]);
/// assert!(edit.is_met_by(&Scopes::parse_list("games.read games.write")?));
/// assert!(!edit.is_met_by(&Scopes::parse_list("games.write")?));
///
/// let see = Requirement::any_of(["games.read", "games.write"]);
/// assert!(see.is_met_by(&Scopes::parse_list("games.write")?));
/// assert!(!see.is_met_by(&Scopes::none()));
/// # Ok::<(), auth_core::InvalidName>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    all: Vec<Scope>,
    any: Vec<Scope>,
}

impl Requirement {
    /// Any valid token will do.
    pub const fn none() -> Self {
        Self {
            all: Vec::new(),
            any: Vec::new(),
        }
    }

    /// All of these permissions.
    ///
    /// # Panics
    /// If a name is not one that a token can carry, or none is given: a mistake in the program, found when it starts.
    #[must_use]
    pub fn all_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::none().and_all_of(names)
    }

    /// At least one of these permissions.
    ///
    /// # Panics
    /// As [`Self::all_of`].
    #[must_use]
    pub fn any_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::none().and_any_of(names)
    }

    /// And all of these.
    ///
    /// # Panics
    /// As [`Self::all_of`].
    #[must_use]
    pub fn and_all_of<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.all.extend(parsed(names));
        self
    }

    /// And at least one of these, and of those that were given in the same way before.
    ///
    /// # Panics
    /// As [`Self::all_of`].
    #[must_use]
    pub fn and_any_of<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.any.extend(parsed(names));
        self
    }

    /// Whether these permissions meet it. Names compare byte for byte.
    pub fn is_met_by(&self, held: &Scopes) -> bool {
        let held = |scope: &Scope| held.contains(scope.as_str());
        self.all.iter().all(held) && (self.any.is_empty() || self.any.iter().any(held))
    }

    /// Every name in it.
    pub fn names(&self) -> impl Iterator<Item = &Scope> {
        self.all.iter().chain(&self.any)
    }
}

/// An empty list would be met by every token where its author meant something.
fn parsed<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Scope> {
    let parse = |name| Scope::parse(name).unwrap_or_else(|invalid| panic!("the permission {name:?}: {invalid}"));
    let parsed: Vec<Scope> = names.into_iter().map(parse).collect();
    assert!(!parsed.is_empty(), "a requirement without a permission");
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(list: &str) -> Scopes {
        Scopes::parse_list(list).unwrap()
    }

    #[test]
    fn all_of_the_ones_and_one_of_the_others_are_needed() {
        let requirement = Requirement::all_of(["a", "b"]).and_any_of(["c", "d"]);
        for (list, met) in [
            ("a b c", true),
            ("a b d", true),
            ("a b", false),
            ("a c d", false),
            ("", false),
        ] {
            assert_eq!(requirement.is_met_by(&held(list)), met, "{list}");
        }
        assert_eq!(requirement.names().count(), 4);
        assert!(Requirement::none().is_met_by(&held("")));
    }

    #[test]
    fn no_name_stands_for_others() {
        for list in ["*", "A", "a.b", "ab"] {
            assert!(!Requirement::all_of(["a"]).is_met_by(&held(list)), "{list}");
        }
    }

    #[test]
    #[should_panic(expected = "the permission \"two words\"")]
    fn a_name_that_no_token_can_carry_stops_the_program() {
        let _ = Requirement::any_of(["two words"]);
    }

    #[test]
    #[should_panic(expected = "without a permission")]
    fn an_empty_list_stops_the_program() {
        let _ = Requirement::all_of([]);
    }
}
