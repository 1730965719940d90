//! Any body of `POST /login` is read or rejected, and every rejection has an answer.
#![no_main]

use dialects::login::{Login, LoginRequest};
use dialects::{Payload, RejectionFormatter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Err(rejection) = LoginRequest::decode(&Payload::json(body)) {
        assert!(matches!(
            Login::new("pbx", false).answer(&rejection).status,
            400 | 401 | 413
        ));
    }
});
