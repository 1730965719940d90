//! Any body of `POST /api/v1/integration/auth/token` is read or rejected, and every rejection has an answer.
#![no_main]

use dialects::integration::{Integration, TokenRequest};
use dialects::{Payload, RejectionFormatter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| match TokenRequest::decode(&Payload::json(body)) {
    Ok(request) => assert!(request.organization_id > 0 && request.email.contains('@')),
    Err(rejection) => {
        let status = Integration::new("clients", "http://127.0.0.1:8080")
            .answer(&rejection)
            .status;
        assert!(matches!(status, 400 | 413 | 422));
    }
});
