//! A rejected request, as actix-web answers it.

use std::fmt;
use std::ops::Deref;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use auth_http::{RejectedRequest, RejectionAnswer};

/// The answer to a rejected request, and why it was rejected. Handlers return it as their error.
///
/// It is an ordinary response: middleware around the handler sees it, and adds its headers (CORS) to it.
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

impl ResponseError for AuthRejection {
    fn status_code(&self) -> StatusCode {
        status(&self.0.answer())
    }

    fn error_response(&self) -> HttpResponse {
        response(self.0.answer())
    }
}

/// The response of this answer. A header that HTTP cannot carry is left out.
fn response(answer: RejectionAnswer) -> HttpResponse {
    let mut response = HttpResponse::build(status(&answer));
    for (name, value) in &answer.headers {
        match (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        ) {
            (Ok(name), Ok(value)) => drop(response.insert_header((name, value))),
            _ => tracing::error!(event = "header_left_out", name, "no HTTP header"),
        }
    }
    response.body(answer.body)
}

fn status(answer: &RejectionAnswer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
