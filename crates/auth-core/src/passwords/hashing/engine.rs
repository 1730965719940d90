//! What a hashing thread computes with.

use std::fmt;

use bcrypt_batch::{Job, Workspace};

/// The computation of one hashing thread. [`Workspace`] is the real one; tests use one that counts, or waits.
pub trait HashEngine: fmt::Debug + Send + 'static {
    /// How many jobs it can do at the same time.
    fn width(&self) -> usize;

    /// Does the work of every job. Jobs of one cost are next to each other.
    fn run(&mut self, jobs: &mut [Job<'_>]);
}

impl HashEngine for Workspace {
    fn width(&self) -> usize {
        Self::width(self)
    }

    fn run(&mut self, jobs: &mut [Job<'_>]) {
        Self::run(self, jobs);
    }
}
