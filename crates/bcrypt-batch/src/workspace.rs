//! The memory for hashing, and the batches made from jobs.

use core::fmt;

use zeroize::Zeroize;

use crate::lane::{self, Lane, MAX_WIDTH};
use crate::{Cost, Job, Password, StoredHash};

/// The memory of one hashing thread: a few states of 4 KiB, allocated once.
///
/// Nothing else is allocated, however many jobs run. After each batch every state is overwritten with zeros.
pub struct Workspace {
    lanes: Box<[Lane]>,
}

impl Workspace {
    /// How many hashes at once are fastest, as measured on x86-64 (see the README's table).
    pub const BEST_WIDTH: usize = 6;

    /// The most hashes at once that the code supports.
    pub const MAX_WIDTH: usize = MAX_WIDTH;

    /// A workspace [`BEST_WIDTH`](Self::BEST_WIDTH) hashes wide.
    pub fn new() -> Self {
        Self::with_width(Self::BEST_WIDTH)
    }

    /// A workspace for `width` hashes at once, at least 1 and at most [`MAX_WIDTH`](Self::MAX_WIDTH): for processors
    /// where another width is faster.
    pub fn with_width(width: usize) -> Self {
        let width = width.clamp(1, MAX_WIDTH);
        Self {
            lanes: core::iter::repeat_with(Lane::idle).take(width).collect(),
        }
    }

    /// How many hashes it does at once. Waiting for more jobs than this gains nothing.
    pub fn width(&self) -> usize {
        self.lanes.len()
    }

    /// Does the work of every job.
    ///
    /// Any number of jobs in any order is correct. Adjacent jobs of the same cost are done [`width`](Self::width) at a
    /// time, in batches as even as possible, so sort the jobs by cost; a batch of one takes as long as one hash.
    pub fn run(&mut self, jobs: &mut [Job<'_>]) {
        for jobs in jobs.chunk_by_mut(|a, b| a.cost() == b.cost()) {
            let batches = jobs.len().div_ceil(self.width());
            for batch in jobs.chunks_mut(jobs.len().div_ceil(batches)) {
                self.run_batch(batch);
            }
        }
    }

    /// Makes a new hash of one password, as [`Job::hash`] does.
    pub fn hash(&mut self, password: Password<'_>, salt: [u8; 16], cost: Cost) -> StoredHash {
        let lane = &mut self.lanes[..1];
        lane[0].load(password.bytes(), &salt);
        lane::bcrypt(lane, cost);
        let hashed = StoredHash::new(cost, salt, lane[0].digest());
        lane.iter_mut().zeroize();
        hashed
    }

    /// Compares one password with a stored hash, as [`Job::verify`] does.
    pub fn verify(&mut self, password: Password<'_>, stored: &StoredHash) -> bool {
        let mut job = [Job::verify(password, stored)];
        self.run(&mut job);
        job[0].matched()
    }

    /// Runs at most [`width`](Self::width) jobs of one cost together.
    fn run_batch(&mut self, jobs: &mut [Job<'_>]) {
        let Some(cost) = jobs.first().map(Job::cost) else {
            return;
        };
        let lanes = &mut self.lanes[..jobs.len()];
        for (job, lane) in jobs.iter().zip(lanes.iter_mut()) {
            job.load(lane);
        }
        lane::bcrypt(lanes, cost);
        for (job, lane) in jobs.iter_mut().zip(lanes.iter()) {
            job.finish(lane);
        }
        lanes.iter_mut().zeroize();
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace")
            .field("width", &self.width())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::lane::{self, Lane};
    use crate::{Cost, Job, Password, Workspace};

    fn password() -> Password<'static> {
        Password::new(b"correct horse").unwrap()
    }

    /// Shows that the next test can fail: without wiping, hashing leaves traces.
    #[test]
    fn an_unwiped_lane_differs_from_an_idle_one() {
        let mut lanes = [Lane::idle(), Lane::idle()];
        lanes[0].load(b"correct horse", &[7; 16]);
        assert!(lanes[0] != Lane::idle());
        lane::bcrypt(&mut lanes, Cost::LOWEST);
        assert!(lanes.iter().all(|lane| *lane != Lane::idle()));
    }

    #[test]
    fn every_state_is_wiped_after_use() {
        let mut workspace = Workspace::new();
        let stored = workspace.hash(password(), [1; 16], Cost::LOWEST);
        assert!(workspace.lanes.iter().all(|lane| *lane == Lane::idle()));
        assert!(workspace.verify(password(), &stored));
        assert!(workspace.lanes.iter().all(|lane| *lane == Lane::idle()));
        let mut jobs: Vec<_> = (0..13).map(|i| Job::hash(password(), [i; 16], Cost::LOWEST)).collect();
        workspace.run(&mut jobs);
        assert!(workspace.lanes.iter().all(|lane| *lane == Lane::idle()));
    }

    #[test]
    fn width_is_clamped_to_the_supported_widths() {
        let widths = [0, 1, 5, 8, 9, usize::MAX].map(|width| Workspace::with_width(width).width());
        assert_eq!(widths, [1, 1, 5, 8, 8, 8]);
    }
}
