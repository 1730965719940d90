//! A panic in a handler is one request's 500, not a dead worker or a cut connection.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, Resource};
use futures_util::FutureExt;

/// A resource whose handler's panic is answered by `answer`, with the headers that every answer gets.
pub(crate) fn guarded<T>(
    resource: Resource<T>,
    answer: impl Fn() -> HttpResponse + Clone + 'static,
) -> Resource<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + 'static,
>
where
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + 'static,
{
    resource.wrap_fn(move |request, handler| {
        let (http, answer) = (request.request().clone(), answer.clone());
        let handled = unpanicked(handler.call(request));
        async move {
            handled
                .await
                .unwrap_or_else(|| Ok(ServiceResponse::new(http, answer())))
        }
    })
}

/// Middleware for what is in no guarded resource.
pub(crate) async fn caught(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let handled = unpanicked(next.call(request)).await;
    handled.unwrap_or_else(|| Err(InternalError::from_response("panic", plain()).into()))
}

/// The 500 of what belongs to no flavour. The log has the details; the client gets none.
pub(crate) fn plain() -> HttpResponse {
    HttpResponse::InternalServerError()
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .content_type("application/json")
        .body(r#"{"error":"internal error"}"#)
}

/// `None` after a panic.
pub(crate) async fn unpanicked<T>(handled: impl Future<Output = T>) -> Option<T> {
    let handled = AssertUnwindSafe(handled).catch_unwind().await;
    handled
        .inspect_err(|_| tracing::error!(event = "handler_panicked"))
        .ok()
}
