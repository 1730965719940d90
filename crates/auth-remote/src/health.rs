//! Whether the server answers, for the log and for `/readyz`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::Clock;

/// How long a failure counts. Only requests find out that the server answers again, and a service that is not ready gets
/// none.
const COUNTS_FOR: Duration = Duration::from_secs(10);

/// Whether the last call to the server succeeded. Changes are logged, each once.
#[derive(Debug)]
pub(crate) struct Health {
    url: String,
    clock: Arc<dyn Clock>,
    /// The last failure, if nothing was answered since.
    failed_at: Mutex<Option<Duration>>,
}

impl Health {
    pub(crate) fn new(url: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            url: url.to_owned(),
            clock,
            failed_at: Mutex::default(),
        }
    }

    /// The server has answered as it should.
    pub(crate) fn answered(&self) {
        if self.failed_at().take().is_some() {
            tracing::info!(event = "token_server_answers_again", url = self.url);
        }
    }

    /// It has not.
    pub(crate) fn failed(&self, error: &str) {
        if self.failed_at().replace(self.clock.monotonic()).is_none() {
            tracing::error!(event = "token_server_unavailable", url = self.url, error);
        }
    }

    /// Whether the last call failed, a moment ago. After that it is not known.
    pub(crate) fn is_failing(&self) -> bool {
        let recent = |at: Duration| self.clock.monotonic().saturating_sub(at) < COUNTS_FOR;
        self.failed_at().is_some_and(recent)
    }

    fn failed_at(&self) -> MutexGuard<'_, Option<Duration>> {
        self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
