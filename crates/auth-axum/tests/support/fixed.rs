//! Requests with tokens that a [`Fixed`] verifier knows, and headers of what is answered.
#![allow(dead_code, unused_imports, reason = "no test uses all of it")]

#[path = "../../../auth-http/tests/support/fixed_tokens.rs"]
mod fixed_tokens;

use axum::body::Body;
use axum::http::{HeaderMap, Request};

pub(crate) use fixed_tokens::{Fixed, authenticator};

/// A request with this bearer token.
pub(crate) fn request(path: &str, token: Option<&str>) -> Request<Body> {
    let request = Request::get(path);
    let request = match token {
        Some(token) => request.header("Authorization", format!("Bearer {token}")),
        None => request,
    };
    request.body(Body::empty()).expect("a request")
}

/// A header's value, empty if there is none.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(|value| value.to_str().expect("text"));
    value.unwrap_or_default().to_owned()
}
