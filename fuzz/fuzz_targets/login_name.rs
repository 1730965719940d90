//! Folding a login name is idempotent, and a folded name fits the limits of the store and the log.
#![no_main]

use auth_core::FoldedLogin;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(folded) = FoldedLogin::parse(typed) {
        let text = folded.as_str();
        assert!(!text.is_empty() && !text.chars().any(char::is_control));
        // Folding may make a name longer than a name may be.
        if let Ok(again) = FoldedLogin::parse(text) {
            assert_eq!(again, folded);
        }
    }
});
