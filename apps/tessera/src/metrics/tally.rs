//! The counts of all worker threads, and what they are counted by.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::{Clock, DurationCounts, Durations};

use super::counts::{CHECK_TIMES, Counts, WorkerCounts};

/// What requests and checks are counted by: fixed when the server starts.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) flavours: Vec<String>,
    pub(super) routes: Vec<Route>,
    by_path: HashMap<String, usize>,
}

/// A path that the server answers.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: String,
    /// The place of its flavour; `None`: the server's own.
    pub(super) flavour: Option<usize>,
}

impl Layout {
    /// The number of the route of this path; of any other path, the number after the last one.
    pub(super) fn route(&self, path: &str) -> usize {
        self.by_path.get(path).copied().unwrap_or(self.routes.len())
    }

    pub(super) fn flavour(&self, name: &str) -> Option<usize> {
        self.flavours.iter().position(|flavour| flavour == name)
    }
}

/// The counts of all worker threads.
#[derive(Debug)]
pub(crate) struct Tally {
    layout: Arc<Layout>,
    clock: Arc<dyn Clock>,
    workers: Mutex<Vec<Arc<Counts>>>,
}

impl Tally {
    /// Counts by these flavours, in the order of the authenticator's schemes, and by these paths, each with the name of
    /// its flavour or of something else.
    pub(crate) fn new<'a>(
        flavours: Vec<String>,
        paths: impl IntoIterator<Item = (&'a String, &'a str)>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let of = |owner: &str| flavours.iter().position(|flavour| flavour == owner);
        let routes = paths.into_iter().map(|(path, owner)| Route {
            path: path.clone(),
            flavour: of(owner),
        });
        let mut routes: Vec<Route> = routes.collect();
        routes.sort_by(|a, b| a.path.cmp(&b.path));
        let numbered = routes.iter().enumerate();
        let by_path = numbered.map(|(number, route)| (route.path.clone(), number)).collect();
        Self {
            layout: Arc::new(Layout {
                flavours,
                routes,
                by_path,
            }),
            clock,
            workers: Mutex::default(),
        }
    }

    /// The counts of one more worker thread.
    pub(crate) fn worker(&self) -> WorkerCounts {
        let counts = Arc::new(Counts::new(&self.layout));
        self.workers().push(counts.clone());
        WorkerCounts::new(self.layout.clone(), counts, self.clock.clone())
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The sum over all worker threads of what `counters` picks, row by row.
    pub(super) fn sum<const N: usize>(&self, counters: impl Fn(&Counts) -> &[[AtomicU64; N]]) -> Vec<[u64; N]> {
        let mut sums: Vec<[u64; N]> = Vec::new();
        for worker in self.workers().iter() {
            let rows = counters(worker);
            sums.resize(rows.len(), [0; N]);
            for (sum, row) in sums.iter_mut().zip(rows) {
                for (sum, counter) in sum.iter_mut().zip(row) {
                    *sum += counter.load(Ordering::Relaxed);
                }
            }
        }
        sums
    }

    /// The times of checks over all worker threads, by flavour, the last of them being none.
    pub(super) fn check_times(&self) -> Vec<DurationCounts> {
        let none = || Durations::new(&CHECK_TIMES).read();
        let mut sums: Vec<DurationCounts> = (0..=self.layout.flavours.len()).map(|_| none()).collect();
        for worker in self.workers().iter() {
            for (sum, times) in sums.iter_mut().zip(&worker.check_times) {
                sum.add(&times.read());
            }
        }
        sums
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Arc<Counts>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use testkit::ManualClock;

    use super::*;

    fn tally(clock: Arc<ManualClock>) -> Tally {
        let (verify, login) = ("/auth/verify".to_owned(), "/login".to_owned());
        let paths = [(&verify, "the server"), (&login, "pbx")];
        Tally::new(vec!["shops".into(), "pbx".into()], paths, clock)
    }

    #[test]
    fn workers_count_apart_and_are_added_up() {
        let tally = tally(Arc::new(ManualClock::new()));
        let workers = [tally.worker(), tally.worker()];
        for worker in &workers {
            worker.answered(worker.route("/login"), 401, Some(2));
            worker.answered(worker.route("/auth/verify"), 200, Some(2));
            worker.answered(worker.route("/elsewhere"), 404, None);
        }
        let requests = tally.sum(|counts| &counts.requests);
        assert_eq!(requests, [[0, 2, 0, 0, 0], [0, 0, 0, 2, 0], [0, 0, 0, 2, 0]]);
        let refusals = tally.sum(|counts| &counts.refusals);
        assert_eq!((refusals[0].iter().sum::<u64>(), refusals[1][2]), (0, 2), "by flavour");
    }

    #[test]
    fn a_check_is_counted_with_its_time_when_it_ends() {
        let clock = Arc::new(ManualClock::new());
        let tally = tally(clock.clone());
        let worker = tally.worker();
        let check = worker.begin_check();
        clock.advance(Duration::from_micros(7));
        check.passed("pbx");
        drop(worker.begin_check());
        worker.begin_check().forbidden("a name that is not configured");
        let checks = tally.sum(|counts| &counts.checks);
        assert_eq!((checks[1][0], checks[2][1]), (1, 1));
        let times = tally.check_times();
        assert_eq!((times[1].buckets[1], times[1].sum), (1, Duration::from_micros(7)));
        assert_eq!(times[2].buckets[0], 1);
    }

    #[test]
    fn what_cannot_be_counted_is_left_out() {
        let worker = tally(Arc::new(ManualClock::new())).worker();
        worker.answered(99, 200, Some(99));
        worker.answered(0, 0, None);
        worker.answered(0, 999, None);
        WorkerCounts::off().answered(0, 200, None);
        WorkerCounts::off().begin_check().passed("pbx");
    }
}
