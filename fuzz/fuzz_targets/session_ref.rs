//! Each session reference has one text: a text that is read is written again, unchanged.
#![no_main]

use auth_core::SessionRef;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(session) = SessionRef::parse(text) {
        assert_eq!(session.to_string(), text);
    }
});
