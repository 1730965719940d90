//! Any body of `POST /login` is read or refused, and every refusal has an answer.
#![no_main]

use dialects::login::{Login, LoginRequest};
use dialects::{Payload, RejectionFormatter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Err(refusal) = LoginRequest::decode(&Payload::json(body)) {
        assert!(matches!(
            Login::new("pbx", false).answer(&refusal).status,
            400 | 401 | 413
        ));
    }
});
