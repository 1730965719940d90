//! How many threads hash, and how long a login may wait for them.

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
    /// A job whose answer would take longer than this, as the queue and the latest batches let expect, is refused at
    /// once, unless a thread's next batch has room for it.
    ///
    /// A queue that stands for a minute serves no more logins than one that stands for a second, only later ones. In
    /// numbers of jobs the right length differs by the cost and the machine, so it is also bounded in time.
    pub patience: Duration,
    /// A job that has waited longer than this all the same is refused instead of started.
    pub deadline: Duration,
    /// By how much the threads are nicer than the others of this process, 0 to 19, where a thread can be (Linux): with
    /// 10 a request thread that has work gets nine tenths of a core it shares with a hash.
    pub niceness: u8,
}

impl Default for HashingOptions {
    /// Cost 12, a thread for each core, 256 waiting, for 2 s at most as expected and 10 s in any case, niceness 10.
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

    /// How many of the waiting jobs may be of one source.
    pub(super) fn share(&self) -> usize {
        self.queue.get().div_ceil(2)
    }
}
