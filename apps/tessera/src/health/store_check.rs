//! Whether the store can be used, as of the last check.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::Clock;

use crate::parts::StoreHealth;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer counts. The background task asks anew every two seconds.
const COUNTS_FOR: Duration = Duration::from_secs(10);

/// Checks the store now and then, and keeps the answer.
#[derive(Debug)]
pub(crate) struct StoreCheck {
    store: Arc<dyn StoreHealth>,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Checked>>,
}

/// An answer, and when it was given (monotonic).
#[derive(Debug, Clone, Copy)]
struct Checked {
    good: bool,
    at: Duration,
}

impl StoreCheck {
    /// Nothing is known yet.
    pub(crate) fn new(store: Arc<dyn StoreHealth>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            last: Mutex::default(),
        }
    }

    /// Whether the store was in order when it was last checked, a moment ago.
    pub(crate) fn is_good(&self) -> bool {
        let now = self.clock.monotonic();
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|checked| checked.good && now.saturating_sub(checked.at) <= COUNTS_FOR)
    }

    /// Asks the store, and logs where the answer is another one than before.
    pub(crate) async fn run(&self) {
        let answer = match tokio::time::timeout(PATIENCE, self.store.check()).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("it does not answer in time".to_owned()),
        };
        let checked = Checked {
            good: answer.is_ok(),
            at: self.clock.monotonic(),
        };
        let before = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(checked);
        match (answer, before.is_none_or(|before| before.good)) {
            (Err(error), true) => tracing::error!(event = "database_unusable", error, "this node is not ready"),
            (Ok(()), false) => tracing::info!(event = "database_usable_again"),
            _ => {}
        }
    }
}
