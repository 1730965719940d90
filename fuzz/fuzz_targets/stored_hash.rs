//! Each stored hash has one text; any other text is malformed, does not panic and costs no work (RUSTSEC-2026-0199).
#![no_main]

use bcrypt_batch::{Cost, StoredHash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(hash) = StoredHash::parse(text, &Cost::ACCEPTED) {
        assert_eq!(hash.to_text(), text);
        assert!(Cost::ACCEPTED.contains(&hash.cost()));
        assert!(!format!("{hash:?}").contains(&text[7..]));
    }
});
