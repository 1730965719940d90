//! The permissions that an endpoint requires.

use auth_core::{Scope, Scopes};

/// A demand with an invalid name: an empty one, or one that no permission can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a permission")]
pub struct MalformedDemand;

/// Permissions that are all needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand(Vec<Scope>);

impl Demand {
    /// Reads the demanded names. A name with a space in it is invalid; it is not two names.
    ///
    /// # Errors
    /// [`MalformedDemand`] if any of them is invalid; access must be refused then.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, MalformedDemand> {
        let parsed = names.into_iter().map(Scope::parse);
        parsed.collect::<Result<_, _>>().map(Self).map_err(|_| MalformedDemand)
    }

    /// Whether `held` has every one of them. Every valid token meets the empty demand.
    pub fn is_met_by(&self, held: &Scopes) -> bool {
        self.0.iter().all(|name| held.contains(name.as_str()))
    }

    /// The demanded names.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_needed() {
        let held = Scopes::parse_list("a").unwrap();
        assert!(Demand::parse(["a"]).unwrap().is_met_by(&held));
        assert!(!Demand::parse(["a", "b"]).unwrap().is_met_by(&held));
        assert!(Demand::parse([]).unwrap().is_met_by(&Scopes::none()));
    }

    #[test]
    fn the_names_are_listed_as_demanded() {
        let demand = Demand::parse(["b", "a"]).unwrap();
        assert_eq!(demand.iter().map(Scope::as_str).collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn an_invalid_name_is_an_error_and_not_left_out() {
        assert_eq!(Demand::parse(["a", ""]), Err(MalformedDemand));
        assert_eq!(Demand::parse(["a b"]), Err(MalformedDemand));
    }
}
