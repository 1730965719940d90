//! A clock that differs from another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_core::{Clock, Timestamp};

use crate::ManualClock;

/// A clock that shows another time than the one behind it, and goes with it.
#[derive(Debug)]
pub(crate) struct SkewedClock {
    inner: Arc<ManualClock>,
    ahead: AtomicI64,
}

impl SkewedClock {
    pub(crate) fn new(inner: Arc<ManualClock>) -> Self {
        Self {
            inner,
            ahead: AtomicI64::new(0),
        }
    }

    /// Sets by how many milliseconds it is ahead; negative: behind.
    pub(crate) fn set_ahead(&self, millis: i64) {
        self.ahead.store(millis, Ordering::SeqCst);
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.inner.now().as_millis() + self.ahead.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.inner.monotonic()
    }
}
