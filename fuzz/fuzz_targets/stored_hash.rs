//! Each stored hash has one text; any other text is malformed, does not panic and costs no work (RUSTSEC-2026-0199). A hash of
//! another scheme is read or refused.
#![no_main]

use auth_core::ForeignHash;
use bcrypt_batch::{Cost, StoredHash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(hash) = StoredHash::parse(text, &Cost::ACCEPTED) {
        assert_eq!(hash.to_text(), text);
        assert!(Cost::ACCEPTED.contains(&hash.cost()));
        assert!(!format!("{hash:?}").contains(&text[7..]));
    }
    if let Ok(hash) = ForeignHash::parse(text) {
        assert!(text.starts_with(&format!("${}$", hash.scheme())));
    }
});
