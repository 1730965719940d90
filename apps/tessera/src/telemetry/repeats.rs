//! Events that clients can cause at any rate: a few of them are written each second, and the rest are counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// The events that are summed up: refusals, each of which says the same as the last one. What a person did, and what
/// happened to a token, is never summed up.
const SUMMED: [&str; 11] = [
    "answered_500",
    "consumer_over_quota",
    "consumer_refused",
    "login_busy",
    "login_throttled",
    "login_unavailable",
    "permission_missing",
    "request_refused",
    "resource_server_refused",
    "token_refused",
    "unavailable",
];

/// How many of each are written between two summaries.
const WRITTEN: u64 = 20;

/// How often each event of [`SUMMED`] has occurred since the last summary. A filter: it drops those past [`WRITTEN`].
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats(Arc<[AtomicU64; SUMMED.len()]>);

/// One line of a summary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sum {
    /// The event.
    pub(super) of: &'static str,
    /// How many of it were not written.
    pub(super) times: u64,
}

impl Repeats {
    /// Counts an event; whether it is to be written.
    fn note(&self, event: &str) -> bool {
        let index = SUMMED.iter().position(|summed| *summed == event);
        let count = index.and_then(|index| self.0.get(index));
        count.is_none_or(|count| count.fetch_add(1, Ordering::Relaxed) < WRITTEN)
    }

    /// What was not written since the last call, and begins to count anew.
    pub(super) fn take(&self) -> Vec<Sum> {
        let counts = SUMMED.iter().zip(&*self.0);
        let sums = counts.map(|(&of, count)| Sum {
            of,
            times: count.swap(0, Ordering::Relaxed).saturating_sub(WRITTEN),
        });
        sums.filter(|sum| sum.times > 0).collect()
    }
}

impl<S: Subscriber> Filter<S> for Repeats {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let mut noted = Noted {
            repeats: self,
            written: true,
        };
        event.record(&mut noted);
        noted.written
    }
}

/// Looks for the field `event`.
struct Noted<'a> {
    repeats: &'a Repeats,
    written: bool,
}

impl Visit for Noted<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.written = self.repeats.note(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_written_and_the_rest_are_counted() {
        let repeats = Repeats::default();
        let written = (0..15_224).filter(|_| repeats.note("login_busy")).count();
        assert_eq!(written, 20);
        let sum = Sum {
            of: "login_busy",
            times: 15_204,
        };
        assert_eq!(repeats.take(), [sum]);
        assert_eq!(repeats.take(), []);
        assert!(repeats.note("login_busy"), "the count begins anew");
    }

    #[test]
    fn what_a_person_did_and_what_happened_to_a_token_is_always_written() {
        let repeats = Repeats::default();
        for event in [
            "login_ok",
            "login_failed",
            "token_issued",
            "token_revoked",
            "refresh_reused",
        ] {
            assert!((0..1000).all(|_| repeats.note(event)), "{event}");
        }
        assert_eq!(repeats.take(), []);
    }
}
