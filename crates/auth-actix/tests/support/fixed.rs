//! Requests with tokens that a [`Fixed`] verifier knows, and headers of what is answered.
#![allow(dead_code, unused_imports, reason = "no test uses all of it")]

#[path = "../../../auth-http/tests/support/fixed_tokens.rs"]
mod fixed_tokens;

use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;

pub(crate) use fixed_tokens::{Fixed, authenticator};

/// A request with this bearer token.
pub(crate) fn request(path: &str, token: Option<&str>) -> TestRequest {
    let request = TestRequest::get().uri(path);
    match token {
        Some(token) => request.insert_header(("Authorization", format!("Bearer {token}"))),
        None => request,
    }
}

/// A header's value, empty if there is none.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(|value| value.to_str().expect("text"));
    value.unwrap_or_default().to_owned()
}
