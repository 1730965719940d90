//! Names of permissions, and lists of them as they are stored.

use auth_core::{Scope, Scopes};
use serde_json::Value;

/// A name that no permission can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a permission is 1 to 128 visible ASCII characters without space, comma, quote and backslash, and not `*`")]
pub struct BadPermission;

/// Reads the name of a permission that is to be granted.
///
/// Stricter than what a token may carry: no comma, since people split lists at commas, and no `*`, since other systems
/// read it as a wildcard.
///
/// # Errors
/// [`BadPermission`].
pub fn parse_permission(name: &str) -> Result<Scope, BadPermission> {
    match name.contains(['*', ',']) {
        true => Err(BadPermission),
        false => Scope::parse(name).map_err(|_| BadPermission),
    }
}

/// Reads a stored list: a JSON array of names. `None` for anything else, also if only one item is invalid: a damaged row
/// must not grant its readable parts.
pub fn read_list(stored: &str) -> Option<Scopes> {
    let Ok(Value::Array(items)) = serde_json::from_str(stored) else {
        return None;
    };
    let name = |item: &Value| Scope::parse(item.as_str()?).ok();
    items.iter().map(name).collect()
}

/// Writes a list as [`read_list`] reads it.
pub fn write_list(scopes: &Scopes) -> String {
    let names = scopes.iter().map(|scope| Value::from(scope.as_str()));
    Value::Array(names.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_could_be_read_as_several_or_as_all_are_refused() {
        for name in [
            "",
            "*",
            "f*",
            "a b",
            "a,b",
            "a\r\nb",
            "a\0",
            "ñ",
            "a\"b",
            &"x".repeat(10_000),
        ] {
            assert_eq!(parse_permission(name), Err(BadPermission), "{name:?}");
        }
        assert!(parse_permission("consultarTitulo").is_ok());
    }

    #[test]
    fn anything_but_a_list_of_names_grants_nothing() {
        for stored in [
            "",
            "null",
            "{}",
            "\"*\"",
            "[true]",
            "[0]",
            "[null]",
            "[\"\"]",
            "[\"a\",1]",
            "[\"a\"",
            "[\"a b\"]",
        ] {
            assert_eq!(read_list(stored), None, "{stored:?}");
        }
        assert_eq!(read_list("[]"), Some(Scopes::none()));
    }

    proptest! {
        #[test]
        fn a_list_reads_back_as_written(names in proptest::collection::vec("[!#-\\[\\]-~]{1,20}", 0..10)) {
            let scopes: Scopes = names.iter().map(|name| Scope::parse(name).unwrap()).collect();
            prop_assert_eq!(read_list(&write_list(&scopes)), Some(scopes));
        }

        #[test]
        fn no_text_panics(stored in "\\PC*") {
            let _ = read_list(&stored);
        }
    }
}
