//! The queue with its bounds: which jobs may wait, and which ones a free thread takes.

use std::time::Duration;

use super::options::HashingOptions;
use super::queue::{FairQueue, Taken, Waiting};
use super::task::Task;
use crate::contract::client_network::ClientNetwork;

/// The jobs that wait, the threads that are free, and how fast the others are.
#[derive(Debug)]
pub(super) struct Backlog {
    queue: FairQueue,
    limits: Limits,
    /// How many threads have no batch.
    idle: usize,
    running: usize,
    closed: bool,
    /// How long the latest batches took, smoothed; zero before the first.
    batch_time: Duration,
}

#[derive(Debug)]
struct Limits {
    queue: usize,
    share: usize,
    /// The longest expected time of a job that is admitted.
    acceptable: Duration,
    deadline: Duration,
    /// The time of a batch before the first one is measured.
    assumed: Duration,
    threads: usize,
    /// How many jobs all threads together take at once.
    lanes: usize,
    width: usize,
}

/// How much there is to do, and how many do it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Jobs that wait.
    pub(super) waiting: usize,
    /// Jobs that are being hashed.
    pub(super) running: usize,
    pub(super) threads: usize,
    /// Threads that have a batch.
    pub(super) busy: usize,
}

/// Whether a job may wait.
#[derive(Debug)]
pub(super) enum Admission {
    /// The job waits.
    Admitted,
    /// The job waits; it replaces this one, whose turn would have been the last.
    Displaced(Waiting),
    /// The job may not wait.
    Refused,
}

/// What a free thread takes.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// To be hashed, all of one cost.
    pub(super) batch: Vec<Taken>,
    /// Whose deadline has passed: to be refused.
    pub(super) expired: Vec<Waiting>,
}

impl Backlog {
    pub(super) fn new(options: &HashingOptions, threads: usize, width: usize) -> Self {
        Self {
            queue: FairQueue::default(),
            limits: Limits {
                queue: options.queue.get(),
                share: options.share(),
                acceptable: options.acceptable(),
                deadline: options.deadline,
                assumed: options.assumed_batch_time(),
                threads,
                lanes: threads * width,
                width,
            },
            idle: threads,
            running: 0,
            closed: false,
            batch_time: Duration::ZERO,
        }
    }

    pub(super) fn sizes(&self) -> Sizes {
        Sizes {
            waiting: self.queue.len(),
            running: self.running,
            threads: self.limits.threads,
            busy: self.limits.threads.saturating_sub(self.idle),
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Admits no more jobs, and returns those that wait.
    pub(super) fn close(&mut self) -> Vec<Waiting> {
        self.closed = true;
        self.queue.take_all(|_| true)
    }

    /// Admits or refuses `job`.
    pub(super) fn admit(&mut self, job: Waiting) -> Admission {
        let own = self.queue.len_of(job.source);
        let too_many = own >= self.limits.share + self.idle;
        if self.closed || too_many || self.expected_time(job.source) > self.limits.acceptable {
            return Admission::Refused;
        }
        if !self.is_full() {
            self.queue.push(job);
            return Admission::Admitted;
        }
        // Only a job with a later turn makes room; otherwise two sources would displace each other.
        match self.queue.take_last_after(job.source) {
            Some(displaced) => {
                self.queue.push(job);
                Admission::Displaced(displaced)
            }
            None => Admission::Refused,
        }
    }

    /// Sets what a job is to do; whether it still waits.
    pub(super) fn fill(&mut self, id: u64, task: Task) -> bool {
        self.queue.fill(id, task)
    }

    /// Takes out a job whose caller has gone; whether it still waited.
    pub(super) fn leave(&mut self, id: u64) -> bool {
        self.queue.remove(id).is_some()
    }

    /// Takes one free thread's share of the jobs that are ready: up to the width, and at most an equal share among the
    /// free threads.
    pub(super) fn take(&mut self, now: Duration) -> Turn {
        let overdue = |job: &Waiting| now.saturating_sub(job.since) > self.limits.deadline;
        let expired = self.queue.take_all(overdue);
        let share = self.queue.ready().div_ceil(self.idle.max(1));
        let batch = self.queue.take_alike(share.min(self.limits.width));
        self.idle -= usize::from(!batch.is_empty());
        self.running += batch.len();
        Turn { batch, expired }
    }

    /// A thread has finished a batch of `jobs`, which took this long.
    pub(super) fn done(&mut self, jobs: usize, took: Duration) {
        self.idle += 1;
        self.running -= jobs;
        self.batch_time = match self.batch_time {
            Duration::ZERO => took,
            before => (before * 3 + took) / 4,
        };
    }

    fn is_full(&self) -> bool {
        // A job for a free thread does not wait.
        self.queue.len() >= self.limits.queue + self.idle
    }

    /// How long the answer to a job of this source would take, by the number of jobs before it and the time of a batch.
    ///
    /// Zero when the next batches have room for it: however slow the latest batches were, the threads always have work,
    /// and so the time of a batch is always measured anew. Otherwise a stall that is over could refuse everybody for ever.
    fn expected_time(&self, source: ClientNetwork) -> Duration {
        let batches = self.queue.ahead_of(source, self.limits.width) / self.limits.lanes;
        // Besides those between: the one that runs now, and its own.
        let batches = if batches == 0 { 0 } else { batches + 2 };
        let batch_time = match self.batch_time {
            Duration::ZERO => self.limits.assumed,
            measured => measured,
        };
        batch_time.saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use bcrypt_batch::Cost;
    use tokio::sync::oneshot;

    use super::super::cost::HashCost;
    use super::*;

    /// Hashes that cost almost nothing, so that none would wait too long.
    fn options() -> HashingOptions {
        HashingOptions {
            cost: HashCost::dangerous_for_tests(4).unwrap(),
            ..HashingOptions::default()
        }
    }

    #[test]
    fn before_the_first_batch_no_more_wait_than_a_usual_core_can_do_in_time() {
        let mut backlog = Backlog::new(&HashingOptions::default(), 1, 6);
        let callers: Vec<_> = (0..100).filter_map(|_| try_to_admit(&mut backlog)).collect();
        assert_eq!(callers.len(), 6, "those of the first batch");
    }

    /// Admits so many jobs, and says how many the two threads take, one after the other, of the width 5.
    fn taken_of(jobs: usize) -> [usize; 2] {
        let mut backlog = Backlog::new(&options(), 2, 5);
        let callers: Vec<_> = (0..jobs).map(|_| admit(&mut backlog)).collect();
        let taken = [(); 2].map(|()| backlog.take(Duration::ZERO).batch.len());
        drop(callers);
        taken
    }

    fn admit(backlog: &mut Backlog) -> impl Sized + use<> {
        try_to_admit(backlog).unwrap()
    }

    fn try_to_admit(backlog: &mut Backlog) -> Option<impl Sized + use<>> {
        let (reply, caller) = oneshot::channel();
        let admission = backlog.admit(Waiting {
            id: 0,
            task: Some(Task::decoy(Cost::LOWEST)),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST).into(),
            since: Duration::ZERO,
            reply,
        });
        matches!(admission, Admission::Admitted).then_some(caller)
    }

    #[test]
    fn free_threads_share_what_waits_and_take_no_more_than_they_can_do_at_once() {
        assert_eq!(taken_of(0), [0, 0]);
        assert_eq!(taken_of(1), [1, 0]);
        assert_eq!(taken_of(2), [1, 1]);
        assert_eq!(taken_of(7), [4, 3]);
        assert_eq!(taken_of(20), [5, 5]);
    }

    #[test]
    fn a_thread_leaves_no_share_for_a_busy_one() {
        let mut backlog = Backlog::new(&options(), 2, 5);
        let _first = admit(&mut backlog);
        assert_eq!(backlog.take(Duration::ZERO).batch.len(), 1);
        let _others = [admit(&mut backlog), admit(&mut backlog)];
        assert_eq!(backlog.take(Duration::ZERO).batch.len(), 2);
        backlog.done(2, Duration::ZERO);
        backlog.done(1, Duration::ZERO);
        let sizes = backlog.sizes();
        assert_eq!((sizes.waiting, sizes.running, sizes.threads, sizes.busy), (0, 0, 2, 0));
    }
}
