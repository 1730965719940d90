//! A panic in a handler is one request's 500, not a dead worker or a cut connection.

use std::panic::AssertUnwindSafe;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt;

/// Middleware: turns a panic into a plain 500. The log has the details; the client gets none.
pub(crate) async fn caught(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        tracing::error!(event = "handler_panicked");
        let body = r#"{"error":"internal error"}"#;
        let response = HttpResponse::InternalServerError()
            .content_type("application/json")
            .body(body);
        Err(InternalError::from_response("panic", response).into())
    })
}
