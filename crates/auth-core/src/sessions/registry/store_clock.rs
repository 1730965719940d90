//! The time that all nodes on one store agree on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::contract::clock::{Clock, Timestamp};
use crate::contract::error::StoreError;
use crate::contract::token_store::TokenStore;

/// An answer that took longer says too little about the time at which it was given.
const SLOW: Duration = Duration::from_secs(1);

/// This node's clock, and how far it is ahead of the store's.
#[derive(Debug)]
pub(super) struct StoreClock {
    clock: Arc<dyn Clock>,
    /// In milliseconds; 0 until the store was asked.
    ahead: AtomicI64,
}

impl StoreClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ahead: AtomicI64::new(0),
        }
    }

    /// This node's own clock.
    pub(super) fn own(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Now, by the store's clock as far as it is known.
    pub(super) fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_millis(self.clock.now().as_millis().saturating_sub(ahead))
    }

    /// Asks the store for its time. The answer is by how many milliseconds this node's clock is ahead of it; `None` if the
    /// store has no clock of its own, or answered too slowly.
    pub(super) async fn compare(&self, store: &dyn TokenStore) -> Result<Option<i64>, StoreError> {
        let (asked, asked_at) = (self.clock.now(), self.clock.monotonic());
        let Some(theirs) = store.now().await? else {
            return Ok(None);
        };
        let took = self.clock.monotonic().saturating_sub(asked_at);
        if took > SLOW {
            return Ok(None);
        }
        let ours = asked.plus(took / 2);
        let ahead = ours.as_millis().saturating_sub(theirs.as_millis());
        self.ahead.store(ahead, Ordering::Relaxed);
        Ok(Some(ahead))
    }
}
