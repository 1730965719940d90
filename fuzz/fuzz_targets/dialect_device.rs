//! Any body of `POST /api/tokens/create` under any label is read or rejected, and every rejection has an answer.
//!
//! The input is the label, a line feed, and the body.
#![no_main]

use dialects::device::{Device, TokenRequest};
use dialects::{Payload, RejectionFormatter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let line_feed = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (label, body) = input.split_at(line_feed);
    let payload = Payload {
        content_type: std::str::from_utf8(label).ok(),
        content_encoding: None,
        body: body.get(1..).unwrap_or_default(),
    };
    match TokenRequest::decode(&payload) {
        Ok(request) => assert!((1..=255).contains(&request.device_name.chars().count())),
        Err(rejection) => {
            let status = Device::new("players").answer(&rejection).status;
            assert!(matches!(status, 400 | 413 | 415 | 422));
        }
    }
});
