//! Logging: one line for each record on standard error, control characters escaped, no secret in any field.
//!
//! A request never waits for its log: lines go to a bounded buffer, and a thread of its own writes them.

mod repeats;
#[cfg(feature = "otel")]
pub(crate) mod spans;
mod statements;
mod writer;

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::http::request_id::SPAN_TARGET;

use repeats::Repeats;
use writer::LogWriter;

/// How many bytes of lines wait for a reader of standard error that is slow: some ten thousand lines. Further lines are
/// dropped and counted.
const BUFFER: usize = 2 << 20;

/// What takes the lines of this process; unset until [`start`].
static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// Keeps the log running. When dropped, the lines logged so far are written.
#[derive(Debug)]
#[must_use = "without it the last lines are lost"]
pub(crate) struct Telemetry {
    _writer: writer::Guard,
}

/// Starts logging. `TESSERA_LOG` selects what is logged, in the syntax of `tracing` (`info`, `tessera=debug`).
pub(crate) fn start() -> anyhow::Result<Telemetry> {
    let wanted = std::env::var("TESSERA_LOG").unwrap_or_else(|_| "info".into());
    let filter = EnvFilter::try_new(&wanted)
        .map_err(|error| anyhow::anyhow!("TESSERA_LOG = {wanted}: {error}; allowed is a level, such as info"))?;
    // Whatever is selected, a line has the request that it belongs to.
    let filter = filter.add_directive(format!("{SPAN_TARGET}=error").parse()?);
    // Whatever is selected, what was not written is said.
    let filter = filter.add_directive("tessera::telemetry=warn".parse()?);
    let repeats = Repeats::default();
    let (writer, guard) = LogWriter::start(standard_error(), BUFFER, repeats.clone())
        .map_err(|error| anyhow::anyhow!("the thread that writes the log cannot start: {error}"))?;
    // The first one stays; `try_init` below fails for another.
    let _ = WRITER.set(writer.clone());
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    registry()
        .with(filter)
        .with(filter_fn(statements::without_values))
        .with(lines.with_filter(repeats))
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Telemetry { _writer: guard })
}

/// How many lines of the log were dropped since the start.
pub(crate) fn dropped_lines() -> usize {
    WRITER.get().map_or(0, LogWriter::dropped)
}

/// A handle of its own: a thread that holds the lock of `std::io::stderr` while the pipe is full would stop every other user.
fn standard_error() -> Box<dyn Write + Send> {
    let stderr = std::io::stderr();
    match stderr.as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(File::from(descriptor)),
        Err(_) => Box::new(stderr),
    }
}

/// The standard hook writes to standard error itself, and a full pipe there would stop the thread that panicked.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    // Not `message`: that field is written as it is, with its line breaks.
    tracing::error!(event = "panicked", text = message.unwrap_or("no text"), location);
}
