//! How busy the connections are, for metrics.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::DieselStore;

/// The state of one group of connections at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// What they are for: `main` and `feed` of PostgreSQL; `writer`, `readers` and `feed` of SQLite.
    pub name: &'static str,
    /// How many there may be.
    pub size: usize,
    /// How many are at work.
    pub in_use: usize,
    /// How many operations wait for one.
    pub waiting: usize,
}

impl DieselStore {
    /// The state of each group of connections. Reads memory only.
    pub fn pools(&self) -> Vec<PoolStatus> {
        self.behind().pools()
    }
}

/// A store with connections.
pub(crate) trait Pools: fmt::Debug + Send + Sync + 'static {
    fn pools(&self) -> Vec<PoolStatus>;
}

/// Something that is counted while it lasts.
#[derive(Debug)]
pub(crate) struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    /// One more, until this is dropped.
    pub(crate) fn one_more(number: &'a AtomicUsize) -> Self {
        number.fetch_add(1, Ordering::Relaxed);
        Self(number)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
