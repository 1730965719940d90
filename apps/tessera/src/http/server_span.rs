//! The span of one request, for an OpenTelemetry collector. Its attributes have the names of the semantic conventions for
//! HTTP: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>

use std::borrow::Cow;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::Span;

use super::trace_context::{self, TraceId};
use crate::telemetry::spans;

/// The methods that a span names. Any other is a text of the client's choice.
const METHODS: [Method; 9] = [
    Method::CONNECT,
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
    Method::TRACE,
];

/// The span of a request that is being answered. If the request is given up, it ends without a status.
///
/// # Security
/// It has the method, the route as it is mounted, the status and the request's id: no path, query, header or body, and no
/// address. The caller's `tracestate` is left out for the same reason.
#[derive(Debug)]
pub(super) struct ServerSpan {
    span: Span,
    /// The method, in the span's name.
    method: Option<Method>,
}

impl ServerSpan {
    /// Begins it, in the trace that the request's log lines have; `None` where no collector is named.
    pub(super) fn begin(request: &ServiceRequest, id: &str, trace: TraceId) -> Option<Self> {
        let tracer = spans::tracer()?;
        let method = METHODS.into_iter().find(|known| known == request.method());
        let builder = tracer
            .span_builder(name(method.as_ref(), None))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", attribute(method.as_ref())),
                KeyValue::new("tessera.request_id", id.to_owned()),
            ]);
        let trace = opentelemetry::trace::TraceId::from_hex(trace.as_str()).ok()?;
        let caller = caller(request, trace);
        let span = spans::in_trace(trace, || builder.start_with_context(tracer, &caller));
        Some(Self { span, method })
    }

    /// Ends it with the answer, if there is one.
    pub(super) fn end(started: Option<Self>, answer: &Result<ServiceResponse<impl MessageBody>, Error>) {
        // A span that the caller did not want to be sampled is not filled in.
        let Some(mut this) = started.filter(|this| this.span.is_recording()) else {
            return;
        };
        let status = match answer {
            Ok(answer) => {
                this.answered_at(answer.request().match_pattern());
                answer.status()
            }
            Err(error) => error.as_response_error().status_code(),
        };
        this.answered_with(status);
        this.span.end();
    }

    fn answered_at(&mut self, route: Option<String>) {
        if let Some(route) = route {
            self.span.update_name(name(self.method.as_ref(), Some(&route)));
            self.span.set_attribute(KeyValue::new("http.route", route));
        }
    }

    /// Only a fault of the server is an error of its span.
    fn answered_with(&mut self, status: StatusCode) {
        let code = i64::from(status.as_u16());
        self.span
            .set_attribute(KeyValue::new("http.response.status_code", code));
        if status.is_server_error() {
            self.span
                .set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            self.span.set_status(Status::error(""));
        }
    }
}

/// The context with the caller's span as the parent; empty where the request begins its trace.
fn caller(request: &ServiceRequest, trace: opentelemetry::trace::TraceId) -> Context {
    let parent = || {
        let caller = trace_context::caller_of(request.headers())?;
        let span = SpanId::from_hex(caller.span).ok()?;
        let flags = TraceFlags::default().with_sampled(caller.is_sampled);
        Some(SpanContext::new(trace, span, flags, true, TraceState::default()))
    };
    parent().map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent))
}

fn name(method: Option<&Method>, route: Option<&str>) -> Cow<'static, str> {
    let method = method.map_or("HTTP", Method::as_str);
    match route {
        Some(route) => format!("{method} {route}").into(),
        None => method.to_owned().into(),
    }
}

fn attribute(method: Option<&Method>) -> String {
    method.map_or("_OTHER", Method::as_str).to_owned()
}
