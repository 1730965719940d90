//! Progress on standard error: a bar on a terminal, otherwise a line now and then.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use store_diesel::transfer::{Progress, Stage};

/// After how many rows there is a line.
const LINE_EVERY: u64 = 100_000;

const STYLE: &str = "{prefix} [{bar:30}] {human_pos}/{human_len} rows, {per_sec}, {eta} left: {msg}";

/// How far something has come.
pub(in crate::commands) struct Bar {
    /// `None`: standard error is no terminal.
    bar: Option<ProgressBar>,
    /// What is done with rows: `copied`.
    done: &'static str,
    stage: Option<Stage>,
    lines: u64,
}

impl Bar {
    pub(in crate::commands) fn new(done: &'static str) -> Self {
        let style = ProgressStyle::with_template(STYLE).map(|style| style.progress_chars("=> "));
        let bar = style.ok().filter(|_| std::io::stderr().is_terminal()).map(|style| {
            let bar = ProgressBar::new(0);
            bar.set_style(style);
            bar
        });
        Self {
            bar,
            done,
            stage: None,
            lines: 0,
        }
    }

    pub(in crate::commands) fn show(&mut self, progress: &Progress) {
        let done = match progress.stage {
            Stage::Moving => self.done,
            Stage::Comparing => "compared",
        };
        let is_new = self.stage.replace(progress.stage) != Some(progress.stage);
        if let Some(bar) = &self.bar {
            if is_new {
                bar.reset();
                bar.set_prefix(done);
                bar.set_length(progress.of);
            }
            bar.set_message(progress.table);
            bar.set_position(progress.rows);
            return;
        }
        let lines = progress.rows / LINE_EVERY;
        let is_end = progress.rows == progress.of;
        if is_new || is_end || lines != self.lines {
            self.lines = lines;
            eprintln!(
                "tessera: {} of {} rows {done} ({})",
                progress.rows, progress.of, progress.table
            );
        }
    }

    pub(in crate::commands) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
