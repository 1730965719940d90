//! Each opaque token has one text; any other text is not a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use token_opaque::OpaqueToken;

fuzz_target!(|text: &str| {
    if let Some(token) = OpaqueToken::parse(text) {
        let (id, secret) = text.split_once('|').expect("a token has a bar");
        assert_eq!(token.id.to_string(), id);
        assert_eq!(secret.len(), 40);
        assert!(!format!("{token:?}").contains(secret));
    }
});
