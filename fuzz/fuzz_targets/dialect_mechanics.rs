//! Any body of `POST /api/v2/mechanics/tokens` is read or rejected, and every rejection has an answer.
#![no_main]

use dialects::mechanics::{Mechanics, TokenRequest};
use dialects::{Payload, RejectionFormatter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Err(rejection) = TokenRequest::decode(&Payload::json(body)) {
        assert!(matches!(
            Mechanics::new("workshops").answer(&rejection).status,
            400 | 413
        ));
    }
});
