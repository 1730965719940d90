//! How many threads hash, and how long a sign-in may wait for them.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::cost::HashCost;

/// The settings of a [`PasswordHasher`](super::PasswordHasher).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingOptions {
    /// The cost of new hashes.
    pub cost: HashCost,
    /// How many threads hash. `None`: as many as there are cores.
    pub threads: Option<NonZeroUsize>,
    /// How many jobs may wait, those that threads have taken not counted. One source holds at most half of it.
    pub queue: NonZeroUsize,
    /// How long an answer may take. A job that is expected to take two thirds of it or more is refused at once, unless
    /// a thread's next batch has room for it; the last third is for what the estimate does not know. The estimate comes
    /// from the length of the queue and the time of the latest batches.
    ///
    /// A queue of a minute serves no more sign-ins than a queue of a second; it only answers them later. How many jobs
    /// that is depends on the cost and the machine, so the queue is also bounded in time.
    pub patience: Duration,
    /// A job that has waited longer than this is refused instead of started.
    pub deadline: Duration,
    /// By how much the priority of the threads is lower than that of the other threads of this process (Linux only): a
    /// nice value of 0 to 19. With 10, a busy request thread gets nine tenths of a core that it shares with a hash.
    pub niceness: u8,
}

impl Default for HashingOptions {
    /// Cost 12, a thread for each core, 256 waiting jobs, 2 s for an answer and 10 s at most, nice value 10.
    fn default() -> Self {
        Self {
            cost: HashCost::default(),
            threads: None,
            queue: const { NonZeroUsize::new(256).unwrap() },
            patience: Duration::from_secs(2),
            deadline: Duration::from_secs(10),
            niceness: 10,
        }
    }
}

impl HashingOptions {
    /// How many threads that is on this machine.
    pub(super) fn threads(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores)
    }

    /// How long a batch takes on a usual core: half a second at cost 12. It only has to be of the right order, until the
    /// first batch is measured.
    pub(super) fn assumed_batch_time(&self) -> Duration {
        Duration::from_micros(120 << self.cost.exponent())
    }

    /// The longest expected time of a job that is admitted.
    pub(super) fn acceptable(&self) -> Duration {
        self.patience * 2 / 3
    }

    /// How many of the waiting jobs may belong to one source.
    pub(super) fn share(&self) -> usize {
        self.queue.get().div_ceil(2)
    }
}
