//! Progress of what may take longer than a second: on a terminal, on standard error, and gone when it is over.

use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(250);

/// How far something has come, and for how long it has been running. Dropped, it removes what it has drawn.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Of `what` is counted, such as "accounts read".
    pub fn counting(what: &'static str) -> Self {
        Self::drawn("{spinner} {human_pos} {msg}, {elapsed}", what)
    }

    /// Of `what` goes on without a count, such as "all tokens are being revoked".
    pub fn running(what: &'static str) -> Self {
        Self::drawn("{spinner} {msg}, {elapsed}", what)
    }

    fn drawn(template: &str, what: &'static str) -> Self {
        if !Term::stderr().is_term() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // A template that is not understood leaves the default one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(EVERY);
        Self(bar)
    }

    /// How many there are so far.
    pub fn at(&self, count: u64) {
        self.0.set_position(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
