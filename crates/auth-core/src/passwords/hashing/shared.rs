//! The state that callers and hashing threads share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bcrypt_batch::Cost;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use crate::contract::client_network::ClientNetwork;
use crate::contract::clock::Clock;
use crate::contract::durations::DurationCounts;
use crate::contract::entropy::{Entropy, EntropyError, random_bytes};

use super::backlog::{Admission, Backlog};
use super::counters::{Counters, HashingCounters};
use super::error::Busy;
use super::place::HashingPlace;
use super::queue::{Taken, Waiting};
use super::task::Task;

/// The seconds from which the time to try again is drawn.
const RETRY_AFTER: std::ops::RangeInclusive<u8> = 1..=8;

#[derive(Debug)]
pub(super) struct Shared {
    backlog: Mutex<Backlog>,
    work: Condvar,
    idle: Notify,
    counters: Counters,
    next_id: AtomicU64,
    target: Cost,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Shared {
    pub(super) fn new(backlog: Backlog, target: Cost, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            backlog: Mutex::new(backlog),
            work: Condvar::new(),
            idle: Notify::new(),
            counters: Counters::default(),
            next_id: AtomicU64::default(),
            target,
            clock,
            entropy,
        }
    }

    /// The cost of new hashes.
    pub(super) const fn target(&self) -> Cost {
        self.target
    }

    pub(super) fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(super) fn salt(&self) -> Result<[u8; 16], EntropyError> {
        random_bytes(&*self.entropy)
    }

    /// A place in the queue, for a job that is not known yet.
    pub(super) fn admit(&self, source: ClientNetwork) -> Result<HashingPlace<'_>, Busy> {
        let (reply, answer) = oneshot::channel();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let admission = self.backlog().admit(Waiting {
            id,
            task: None,
            source,
            since: self.clock.monotonic(),
            reply,
        });
        match admission {
            Admission::Admitted => {}
            Admission::Displaced(other) => {
                self.counters.note_refused();
                drop(other); // without an answer, which its caller reads as busy
            }
            Admission::Refused => {
                self.counters.note_refused();
                return Err(self.busy());
            }
        }
        Ok(HashingPlace::new(self, id, answer))
    }

    /// Sets what the job is to do. If it was refused meanwhile, it has its answer already.
    pub(super) fn fill(&self, id: u64, task: Task) {
        if self.backlog().fill(id, task) {
            self.work.notify_one();
        }
    }

    /// Takes a job whose caller has gone out of the queue, if it still waits.
    pub(super) fn leave(&self, id: u64) {
        let left = self.backlog().leave(id);
        self.counters.note_abandoned(usize::from(left));
    }

    /// The jobs for a thread that is free, once there are any; `None` when there will be no more.
    pub(super) fn take(&self) -> Option<Vec<Taken>> {
        let mut backlog = self.backlog();
        loop {
            if backlog.is_closed() {
                return None;
            }
            let now = self.clock.monotonic();
            let turn = backlog.take(now);
            let waits = turn.batch.iter().map(|job| now.saturating_sub(job.since));
            waits.for_each(|waited| self.counters.note_wait(waited));
            self.counters.note_batch(turn.batch.len());
            self.counters.note_expired(turn.expired.len());
            drop(turn.expired);
            if !turn.batch.is_empty() {
                return Some(turn.batch);
            }
            self.idle.notify_waiters();
            backlog = self.work.wait(backlog).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Completes when a thread next has nothing to do.
    pub(super) fn idle(&self) -> Notified<'_> {
        self.idle.notified()
    }

    pub(super) fn done(&self, jobs: usize, took: Duration) {
        self.backlog().done(jobs, took);
    }

    /// Ends the threads, each after the batch it has.
    pub(super) fn close(&self) {
        drop(self.backlog().close());
        self.work.notify_all();
    }

    pub(super) fn counters(&self) -> HashingCounters {
        let sizes = self.backlog().sizes();
        self.counters.read(sizes)
    }

    pub(super) fn waits(&self) -> DurationCounts {
        self.counters.waits()
    }

    /// Differs from one answer to the next, so that callers who were refused together do not come back together.
    pub(super) fn busy(&self) -> Busy {
        // Without randomness every answer has the shortest time.
        let [byte] = random_bytes(&*self.entropy).unwrap_or([0]);
        let seconds = RETRY_AFTER.start() + byte % RETRY_AFTER.end();
        Busy {
            retry_after: Duration::from_secs(seconds.into()),
        }
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
