//! Spans on their way to the collector: how many wait, and how many were lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};

use super::collector::Waiting;

/// The counts of one exporter.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The most spans that may wait, those on their way included.
    places: usize,
    waiting: AtomicUsize,
    /// Since this was last logged.
    lost: AtomicUsize,
    /// Whether the last batch was not taken.
    failing: AtomicBool,
}

impl Delivery {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places,
            waiting: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            failing: AtomicBool::new(false),
        }
    }

    /// Logs what was lost, with what waits still. To be called once nothing is sent any more.
    pub(super) fn end(&self) {
        self.lose(self.waiting.swap(0, Ordering::Relaxed));
        self.log_lost();
    }

    /// Takes a place; whether there was one.
    fn enter(&self) -> bool {
        let next = |waiting: usize| (waiting < self.places).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }

    /// A batch was taken, or is given up.
    fn leave(&self, spans: usize, outcome: &OTelSdkResult) {
        let after = |waiting: usize| Some(waiting.saturating_sub(spans));
        let _ = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        match outcome {
            Ok(()) => {
                self.failing.store(false, Ordering::Relaxed);
                self.log_lost();
            }
            Err(error) => {
                self.lose(spans);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(event = "spans_not_exported", %error);
                }
            }
        }
    }

    fn lose(&self, spans: usize) {
        self.lost.fetch_add(spans, Ordering::Relaxed);
    }

    fn log_lost(&self) {
        let spans = self.lost.swap(0, Ordering::Relaxed);
        if spans > 0 {
            tracing::warn!(event = "spans_lost", spans);
        }
    }
}

/// Takes spans that have ended while there are places for them, and drops further ones.
#[derive(Debug)]
pub(super) struct Queue {
    batches: BatchSpanProcessor,
    delivery: Arc<Delivery>,
}

impl Queue {
    /// Starts the thread that sends.
    pub(super) fn new(exporter: impl SpanExporter + 'static, waiting: Waiting, delivery: Arc<Delivery>) -> Self {
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(waiting.places)
            .with_scheduled_delay(waiting.delay);
        let exporter = Counted {
            exporter,
            delivery: delivery.clone(),
        };
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config.build());
        Self {
            batches: batches.build(),
            delivery,
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        match self.delivery.enter() {
            true => self.batches.on_end(span),
            false => self.delivery.lose(1),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// An exporter whose batches are counted.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    delivery: Arc<Delivery>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let outcome = self.exporter.export(batch).await;
        self.delivery.leave(spans, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
