//! Spans of requests, sent to an OpenTelemetry collector: OTLP over HTTP, in protobuf.
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
//!
//! A request never waits for its span: one that has ended goes to a bounded queue, and a thread of its own sends what is
//! there. Where the queue is full, spans are dropped and counted.
//!
//! # Security
//! A span has what `http::server_span` gives it, and that is little. Records and fields of `tracing` do not get here.

mod collector;
mod delivery;

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::trace::{SpanId, TraceId, TracerProvider};
use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer, SdkTracerProvider};

use delivery::{Delivery, Queue};

/// How long the end of the program waits for the last spans to be taken.
const FLUSH: Duration = Duration::from_secs(2);

/// What begins the spans of this process; unset where no collector is named.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

thread_local! {
    /// The trace of the span that is being begun.
    static TRACE: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Keeps spans going to the collector. When dropped, those that have ended are sent, for at most [`FLUSH`].
#[derive(Debug)]
#[must_use = "without it the last spans are lost"]
pub(crate) struct Spans {
    provider: SdkTracerProvider,
    delivery: Arc<Delivery>,
}

/// Starts to export, where the environment names a collector. Not to be called from asynchronous code.
///
/// # Errors
/// A variable has a value that is not allowed, or nothing can verify the collector's certificate.
pub(crate) fn start() -> anyhow::Result<Option<Spans>> {
    let Some(exporter) = collector::exporter()? else {
        return Ok(None);
    };
    let waiting = collector::waiting()?;
    let delivery = Arc::new(Delivery::new(waiting.places));
    let provider = SdkTracerProvider::builder()
        .with_id_generator(Ids::default())
        .with_resource(resource())
        .with_span_processor(Queue::new(exporter, waiting, delivery.clone()))
        .build();
    let scope = InstrumentationScope::builder("tessera").with_version(env!("CARGO_PKG_VERSION"));
    // The first one stays, as with the log.
    let _ = TRACER.set(provider.tracer_with_scope(scope.build()));
    Ok(Some(Spans { provider, delivery }))
}

/// What begins spans; `None` where no collector is named.
pub(crate) fn tracer() -> Option<&'static SdkTracer> {
    TRACER.get()
}

/// Begins a span that has no parent in the trace given, instead of in one of its own.
pub(crate) fn in_trace<T>(trace: TraceId, begin: impl FnOnce() -> T) -> T {
    TRACE.set(Some(trace));
    let span = begin();
    TRACE.set(None);
    span
}

impl Drop for Spans {
    fn drop(&mut self) {
        // An error means that spans are left, which is logged.
        let _ = self.provider.shutdown_with_timeout(FLUSH);
        self.delivery.end();
    }
}

/// Random ids of spans, and of traces that are not given.
#[derive(Debug, Default)]
struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let given = TRACE.get().filter(|trace| *trace != TraceId::INVALID);
        given.unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say. Without them the service is `tessera`.
fn resource() -> Resource {
    let detected = Resource::builder().build();
    let name = detected.get(&Key::from_static_str("service.name"));
    match name.filter(|name| !name.as_str().starts_with("unknown_service")) {
        Some(_) => detected,
        None => Resource::builder().with_service_name("tessera").build(),
    }
}
