//! Progress of what may take longer than a second: on a terminal, on standard error, and gone when it is over.

use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(250);

const COUNTING: &str = "{spinner} {human_pos} {msg}, {elapsed}";

/// How far something has come, and for how long it has been running. Dropped, it removes what it has drawn.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Of what there is a line now and then where standard error is no terminal.
    lines_of: Option<String>,
}

/// After how many there is a line.
const LINE_EVERY: u64 = 100_000;

impl Progress {
    /// Of `what` is counted, such as "accounts read".
    pub fn counting(what: &'static str) -> Self {
        Self::drawn(COUNTING, what.to_owned())
    }

    /// The rows of a table that are read. Where standard error is no terminal, there is a line now and then.
    pub fn of_table(table: &str) -> Self {
        let what = format!("rows of {table} read");
        let is_term = Term::stderr().is_term();
        let mut progress = Self::drawn(COUNTING, what.clone());
        progress.lines_of = (!is_term).then_some(what);
        progress
    }

    /// Of `what` goes on without a count, such as "all tokens are being revoked".
    pub fn running(what: &'static str) -> Self {
        Self::drawn("{spinner} {msg}, {elapsed}", what.to_owned())
    }

    fn drawn(template: &str, what: String) -> Self {
        let lines_of = None;
        if !Term::stderr().is_term() {
            let bar = ProgressBar::hidden();
            return Self { bar, lines_of };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // A template that is not understood leaves the default one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(EVERY);
        Self { bar, lines_of }
    }

    /// How many there are so far.
    pub fn at(&self, count: u64) {
        self.bar.set_position(count);
        if let Some(what) = self.lines_of.as_ref().filter(|_| count.is_multiple_of(LINE_EVERY)) {
            eprintln!("tessera: {count} {what}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
