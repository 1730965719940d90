//! The state that callers and hashing threads share.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bcrypt_batch::Cost;
use tokio::sync::oneshot;

use crate::contract::clock::Clock;
use crate::contract::entropy::{Entropy, EntropyError, random_bytes};
use crate::passwords::throttle::ClientNetwork;

use super::backlog::{Admission, Backlog};
use super::counters::{Counters, HashingCounters};
use super::error::Busy;
use super::queue::Waiting;
use super::task::{Task, Verdict};

/// The seconds from which the time to try again is drawn.
const RETRY_AFTER: std::ops::RangeInclusive<u8> = 1..=8;

#[derive(Debug)]
pub(super) struct Shared {
    backlog: Mutex<Backlog>,
    work: Condvar,
    counters: Counters,
    target: Cost,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Shared {
    pub(super) fn new(backlog: Backlog, target: Cost, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            backlog: Mutex::new(backlog),
            work: Condvar::new(),
            counters: Counters::default(),
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

    /// Waits for a thread to do `task`.
    pub(super) async fn run(&self, task: Task, source: ClientNetwork) -> Result<Verdict, Busy> {
        let (reply, answer) = oneshot::channel();
        self.submit(Waiting {
            task,
            source,
            since: self.clock.monotonic(),
            reply,
        })?;
        // There is no answer only when the threads have ended, or one has panicked.
        answer.await.unwrap_or_else(|_| Err(self.busy()))
    }

    /// The jobs for a thread that is free, once there are any; `None` when there will be no more.
    pub(super) fn take(&self) -> Option<Vec<Waiting>> {
        let mut backlog = self.backlog();
        loop {
            if backlog.is_closed() {
                return None;
            }
            let taken = backlog.take(self.clock.monotonic());
            self.counters.note_batch(taken.batch.len());
            self.counters.note_abandoned(taken.abandoned);
            self.counters.note_expired(taken.expired.len());
            taken.expired.into_iter().for_each(|job| self.refuse(job));
            if !taken.batch.is_empty() {
                return Some(taken.batch);
            }
            backlog = self.work.wait(backlog).unwrap_or_else(PoisonError::into_inner);
        }
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
        let (waiting, running) = self.backlog().sizes();
        self.counters.read(waiting, running)
    }

    fn submit(&self, job: Waiting) -> Result<(), Busy> {
        let (admission, abandoned) = self.backlog().admit(job);
        self.counters.note_abandoned(abandoned);
        match admission {
            Admission::Admitted => {}
            Admission::Displaced(other) => {
                self.counters.note_refused();
                self.refuse(other);
            }
            Admission::Refused => {
                self.counters.note_refused();
                return Err(self.busy());
            }
        }
        self.work.notify_one();
        Ok(())
    }

    fn refuse(&self, job: Waiting) {
        // If its caller has gone, the answer is dropped.
        drop(job.reply.send(Err(self.busy())));
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
