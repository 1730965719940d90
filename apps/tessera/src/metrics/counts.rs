//! What one worker thread counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_actix::RejectedRequest;
use auth_core::{Clock, Durations, VerifyError};

use super::labels::{BAD_QUERY, CHECKS, FORBIDDEN, OK, REFUSALS, STATUSES, check_index, error_index};
use super::tally::Layout;

/// The longest time of a check, for each bucket: from 5 µs, since a warm check reads memory only.
pub(super) static CHECK_TIMES: [Duration; 14] = [
    Duration::from_micros(5),
    Duration::from_micros(10),
    Duration::from_micros(20),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(200),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(5),
];

/// The counts of one worker thread. No other thread writes them, so counting costs one addition and waits for nobody.
#[derive(Debug)]
pub(super) struct Counts {
    /// By route and class of status.
    pub(super) requests: Box<[[AtomicU64; STATUSES.len()]]>,
    /// By flavour and reason.
    pub(super) refusals: Box<[[AtomicU64; REFUSALS.len()]]>,
    /// By flavour, the last of them being none, and outcome.
    pub(super) checks: Box<[[AtomicU64; CHECKS.len()]]>,
    /// By flavour, as above.
    pub(super) check_times: Box<[Durations]>,
}

impl Counts {
    pub(super) fn new(layout: &Layout) -> Self {
        let flavours = layout.flavours.len();
        Self {
            requests: (0..=layout.routes.len()).map(|_| Default::default()).collect(),
            refusals: (0..flavours).map(|_| Default::default()).collect(),
            checks: (0..=flavours).map(|_| Default::default()).collect(),
            check_times: (0..=flavours).map(|_| Durations::new(&CHECK_TIMES)).collect(),
        }
    }
}

/// Counts the requests and checks of one worker thread, or nothing, where metrics are switched off.
#[derive(Debug)]
pub(crate) struct WorkerCounts(Option<Counting>);

#[derive(Debug)]
struct Counting {
    layout: Arc<Layout>,
    counts: Arc<Counts>,
    clock: Arc<dyn Clock>,
}

impl WorkerCounts {
    pub(super) fn new(layout: Arc<Layout>, counts: Arc<Counts>, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Counting { layout, counts, clock }))
    }

    /// Counts nothing.
    pub(crate) fn off() -> Self {
        Self(None)
    }

    /// The number of the route of this path, for [`answered`](Self::answered).
    pub(crate) fn route(&self, path: &str) -> usize {
        self.0.as_ref().map_or(0, |counting| counting.layout.route(path))
    }

    /// Counts an answer, and why it refuses the request, where a dialect does.
    pub(crate) fn answered(&self, route: usize, status: u16, refusal: Option<usize>) {
        let Some(Counting { layout, counts, .. }) = &self.0 else {
            return;
        };
        let class = usize::from(status / 100).saturating_sub(1);
        note(counts.requests.get(route).and_then(|classes| classes.get(class)));
        let flavour = layout.routes.get(route).and_then(|route| route.flavour);
        if let (Some(refusal), Some(flavour)) = (refusal, flavour) {
            note(counts.refusals.get(flavour).and_then(|reasons| reasons.get(refusal)));
        }
    }

    /// Begins a check of a token.
    pub(crate) fn begin_check(&self) -> Check<'_> {
        Check(self.0.as_ref().map(|counting| (counting, counting.clock.monotonic())))
    }
}

/// A check of a token, which is counted when it ends. One that is given up is not counted.
#[must_use = "say how it ended"]
pub(crate) struct Check<'a>(Option<(&'a Counting, Duration)>);

impl Check<'_> {
    /// The token is good.
    pub(crate) fn passed(self, flavour: &str) {
        self.end(|layout| layout.flavour(flavour), OK);
    }

    /// The token is good and lacks a permission.
    pub(crate) fn forbidden(self, flavour: &str) {
        self.end(|layout| layout.flavour(flavour), FORBIDDEN);
    }

    /// The token is good and the question is not understood.
    pub(crate) fn bad_query(self, flavour: &str) {
        self.end(|layout| layout.flavour(flavour), BAD_QUERY);
    }

    /// There is no token, it is not good, or that cannot be said.
    pub(crate) fn rejected(self, rejection: &RejectedRequest) {
        self.end(|_| rejection.scheme(), check_index(rejection.kind()));
    }

    /// A verifier rejects it, or cannot say. `flavour`: the one whose token it is, if any.
    pub(crate) fn failed(self, flavour: Option<&str>, error: &VerifyError) {
        self.end(|layout| layout.flavour(flavour?), error_index(error));
    }

    fn end(self, flavour: impl FnOnce(&Layout) -> Option<usize>, outcome: usize) {
        let Some((Counting { layout, counts, clock }, begun)) = self.0 else {
            return;
        };
        let flavour = flavour(layout).unwrap_or(layout.flavours.len());
        note(counts.checks.get(flavour).and_then(|outcomes| outcomes.get(outcome)));
        if let Some(times) = counts.check_times.get(flavour) {
            times.note(clock.monotonic().saturating_sub(begun));
        }
    }
}

fn note(counter: Option<&AtomicU64>) {
    if let Some(counter) = counter {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
