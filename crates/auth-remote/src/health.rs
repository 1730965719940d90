//! Whether the server answers, for the log and for `/readyz`.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the last call to the server succeeded. Changes are logged, each once.
#[derive(Debug)]
pub(crate) struct Health {
    url: String,
    failing: AtomicBool,
}

impl Health {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            failing: AtomicBool::new(false),
        }
    }

    /// The server has answered as it should.
    pub(crate) fn answered(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(event = "token_server_answers_again", url = self.url);
        }
    }

    /// It has not.
    pub(crate) fn failed(&self, error: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(event = "token_server_unavailable", url = self.url, error);
        }
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }
}
