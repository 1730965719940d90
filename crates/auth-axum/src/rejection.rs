//! A rejected request, as axum answers it.

use std::fmt;
use std::ops::Deref;

use auth_http::{RejectedRequest, RejectionAnswer};
use axum::body::Body;
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

/// The answer to a rejected request, and why it was rejected. Handlers return it as their error.
///
/// It is an ordinary response: layers around the handler see it, and add their headers (CORS) to it.
#[derive(Clone, Debug)]
pub struct AuthRejection(RejectedRequest);

impl From<RejectedRequest> for AuthRejection {
    fn from(rejected: RejectedRequest) -> Self {
        Self(rejected)
    }
}

impl Deref for AuthRejection {
    type Target = RejectedRequest;

    fn deref(&self) -> &RejectedRequest {
        &self.0
    }
}

impl fmt::Display for AuthRejection {
    /// What the client gets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AuthRejection {}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response<Body> {
        response(self.0.answer())
    }
}

/// The response of this answer. A header that HTTP cannot carry is left out.
pub(crate) fn response<B: From<Vec<u8>>>(answer: RejectionAnswer) -> Response<B> {
    let mut response = Response::new(B::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        match (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        ) {
            (Ok(name), Ok(value)) => drop(response.headers_mut().insert(name, value)),
            _ => tracing::error!(event = "header_left_out", name, "no HTTP header"),
        }
    }
    response
}
