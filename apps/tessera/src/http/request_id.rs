//! An id for each request: in its answer, in every line that is logged for it, beside the id of its trace, and in what the
//! audit log says of it. And a count of the answers.

use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use auth_core::{Entropy, Provenance, random_bytes};
use tracing::Instrument;

use super::reply::Refused;
#[cfg(feature = "otel")]
use super::server_span::ServerSpan;
use super::source::Proxies;
use super::trace_context::{self, TraceId};
use crate::metrics::WorkerCounts;

/// The header of requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The target of the span that adds the id and the client's address to each line. The log never filters it out.
pub(crate) const SPAN_TARGET: &str = "tessera::request";

/// The longest id that is accepted from a proxy.
const LONGEST: usize = 64;

/// Where ids come from.
#[derive(Debug)]
pub(crate) struct RequestIds {
    pub(crate) proxies: Proxies,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl RequestIds {
    /// The id that a trusted proxy gave the request, otherwise a new one of 32 hexadecimal digits.
    ///
    /// # Security
    /// A client's own id is not used: it could be another request's.
    fn of(&self, request: &HttpRequest) -> String {
        let given = self.proxies.is_proxy(request).then(|| given(request)).flatten();
        given.unwrap_or_else(|| self.new_id())
    }

    /// The trace that the caller names, otherwise a new one. Where it can, that has the digits of the request's id.
    fn trace_of(&self, request: &HttpRequest, id: &str) -> TraceId {
        let own = || TraceId::parse(id).or_else(|| TraceId::parse(&self.new_id()));
        trace_context::named_by(request.headers())
            .or_else(own)
            .unwrap_or(TraceId::UNKNOWN)
    }

    fn new_id(&self) -> String {
        match random_bytes::<16>(&*self.entropy) {
            Ok(bytes) => bytes.iter().fold(String::with_capacity(32), |mut id, byte| {
                // Writing to a String does not fail.
                let _ = write!(id, "{byte:02x}");
                id
            }),
            // The request goes on: whatever needs randomness fails and says so.
            Err(_) => "none".into(),
        }
    }
}

/// Middleware: gives the request an id, and counts its answer.
pub(crate) async fn identified(
    ids: Data<RequestIds>,
    counts: Data<WorkerCounts>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (id, source) = (ids.of(request.request()), ids.proxies.source(request.request()));
    let trace = ids.trace_of(request.request(), &id);
    // An error's level, so that the lines of a request have its id whatever TESSERA_LOG selects.
    let span = tracing::error_span!(target: SPAN_TARGET, "request", %id, %trace, %source);
    #[cfg(feature = "otel")]
    let exported = ServerSpan::begin(&request, &id, trace);
    let route = counts.route(request.path());
    let by = Provenance::client(source, &id);
    let answer = by.scope(next.call(request)).instrument(span).await;
    count(&counts, route, &answer);
    #[cfg(feature = "otel")]
    ServerSpan::end(exported, &answer);
    let Ok(id) = HeaderValue::try_from(id) else {
        return answer;
    };
    match answer {
        Ok(mut response) => {
            response.headers_mut().insert(HEADER, id);
            Ok(response)
        }
        Err(error) => {
            let mut response = error.error_response();
            response.headers_mut().insert(HEADER, id);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn count(counts: &WorkerCounts, route: usize, answer: &Result<ServiceResponse<impl MessageBody>, Error>) {
    match answer {
        Ok(answer) => {
            let answer = answer.response();
            let status = answer.status();
            let refused = || answer.extensions().get::<Refused>().map(|refused| refused.reason);
            let refusal = if status.as_u16() >= 400 { refused() } else { None };
            counts.answered(route, status.as_u16(), refusal);
        }
        Err(error) => counts.answered(route, error.as_response_error().status_code().as_u16(), None),
    }
}

/// The one id in the request's header, if it is well formed.
fn given(request: &HttpRequest) -> Option<String> {
    let mut values = request.headers().get_all(HEADER);
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    value.to_str().ok().filter(|id| is_well_formed(id)).map(str::to_owned)
}

/// Whether it is short and cannot be taken for anything else in a log.
fn is_well_formed(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        for id in ["1", "4f1d0c9e-8b1a-4d36-9a59-0b1c2d3e4f50", "a_b.c", &"f".repeat(64)] {
            assert!(is_well_formed(id), "{id}");
        }
        for id in ["", "a b", "a\tb", "a=b", "a}", "\"a\"", "é", &"f".repeat(65)] {
            assert!(!is_well_formed(id), "{id}");
        }
    }
}
