//! The log of a test that runs on one thread. Other crates' tests use this file too.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;
use tracing::subscriber::{DefaultGuard, NoSubscriber, set_default};
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;

/// What this thread logs, until it is dropped.
pub(crate) struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

/// With one subscriber in the process, `tracing` lets the thread that comes to an event first decide whether anybody hears
/// it; that may be another test's thread, which has none. With two it asks both.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Events of this level, and of those that are more serious.
    pub(crate) fn begin(level: Level) -> Self {
        LazyLock::force(&SECOND);
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(level)
            .with_writer(lines.clone())
            .finish();
        Self {
            lines,
            _guard: set_default(subscriber),
        }
    }

    /// The events so far, and none of them again. None has a secret in it: tests call theirs `canary`.
    pub(crate) fn take(&self) -> Vec<Value> {
        let text = std::mem::take(&mut *self.lines.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("canary"), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
