//! The headers of every answer of the console, also of errors and of a handler that panicked.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL,
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;

use super::assets::Immutable;
use super::reply;
use crate::http::panic::unpanicked;

/// What a browser may do with a page: show it, with the console's own style and script, and send its forms back.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What pages of other origins may do with an answer. They may do nothing with one of the console.
const FOR_OTHER_ORIGINS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// The path that all pages of the console begin with, where the server's own listener answers it.
#[derive(Debug, Clone)]
pub(super) struct OwnPath(pub(super) String);

impl OwnPath {
    fn has(&self, path: &str) -> bool {
        path.strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Middleware around that of CORS, whose origins are for the APIs: takes what it allows out of an answer of the console.
pub(crate) async fn for_no_other_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // As it is routed by: with `%63` for a `c` it is the same path.
    let path = request.match_info().as_str();
    let is_own = request.app_data::<OwnPath>().is_some_and(|own| own.has(path));
    let mut answer = next.call(request).await?;
    if is_own {
        for name in FOR_OTHER_ORIGINS {
            answer.headers_mut().remove(name);
        }
    }
    Ok(answer)
}

/// Middleware: answers a panic, and adds the headers.
pub(super) async fn secured(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let http = request.request().clone();
    let handled = unpanicked(next.call(request)).await;
    let mut answer = match handled {
        Some(Ok(answer)) => answer.map_into_boxed_body(),
        Some(Err(error)) => ServiceResponse::new(http, error.error_response()),
        None => ServiceResponse::new(http, reply::internal()),
    };
    let is_immutable = answer.response().extensions().contains::<Immutable>();
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !is_immutable {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}
