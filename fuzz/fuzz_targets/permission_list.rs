//! A stored list of permissions is read completely or grants nothing, and a space-separated one has one meaning.
#![no_main]

use auth_core::Scopes;
use libfuzzer_sys::fuzz_target;
use permissions::{read_list, write_list};

fuzz_target!(|text: &str| {
    if let Some(scopes) = read_list(text) {
        assert_eq!(read_list(&write_list(&scopes)), Some(scopes.clone()));
        assert_eq!(Scopes::parse_list(&scopes.to_string()), Ok(scopes));
    }
    if let Ok(scopes) = Scopes::parse_list(text) {
        assert!(
            scopes
                .iter()
                .all(|scope| text.split(' ').any(|name| name == scope.as_str()))
        );
        assert_eq!(Scopes::parse_list(&scopes.to_string()), Ok(scopes));
    }
});
