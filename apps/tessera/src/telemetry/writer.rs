//! Writes lines on a thread of its own, from a bounded buffer. A line that does not fit is dropped and counted.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use auth_core::{Clock, SystemClock};
use tracing_subscriber::fmt::MakeWriter;

use super::repeats::Repeats;

/// How often events are summed up, and how often dropped lines are reported.
const EVERY: Duration = Duration::from_secs(1);

/// How long the end of the program waits for the last lines, if nobody reads them.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long to wait for a reader, where standard error does not block.
const BREATH: Duration = Duration::from_millis(20);

/// Takes lines and never waits.
#[derive(Debug, Clone)]
pub(super) struct LogWriter(Arc<Shared>);

/// Ends the thread when dropped, after it has written every line taken so far.
#[derive(Debug)]
pub(super) struct Guard(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// How many lines were lost since the start, and how many of them have been reported.
    dropped: usize,
    reported: usize,
    closed: bool,
    ended: bool,
}

impl LogWriter {
    /// Starts the thread. At most `limit` bytes wait for `sink`.
    pub(super) fn start(
        sink: impl Write + Send + 'static,
        limit: usize,
        repeats: Repeats,
    ) -> io::Result<(Self, Guard)> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            limit,
        });
        let of_thread = shared.clone();
        thread::Builder::new()
            .name("log".into())
            .spawn(move || write_until_closed(&of_thread, sink, &repeats))?;
        Ok((Self(shared.clone()), Guard(shared)))
    }

    /// How many lines were dropped since the start.
    pub(super) fn dropped(&self) -> usize {
        self.0.state().dropped
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = &'a LogWriter;

    fn make_writer(&'a self) -> &'a LogWriter {
        self
    }
}

/// Takes one whole line at a time, as the formatter writes it. Never fails: the formatter would print the error.
impl Write for &LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state();
        match state.lines.len() + line.len() <= self.0.limit {
            true => state.lines.extend_from_slice(line),
            false => state.dropped += 1,
        }
        drop(state);
        self.0.changed.notify_all();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = true;
        self.0.changed.notify_all();
        let ended = self.0.changed.wait_timeout_while(state, FAREWELL, |state| !state.ended);
        drop(ended);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines, for the end, or for as long as `most`; whether it is the end.
    fn wait(&self, most: Duration) -> bool {
        let idle = |state: &mut State| state.lines.is_empty() && !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), most, idle);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    fn take_lines(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().lines)
    }

    /// How many lines were lost since the last call.
    fn lost(&self) -> usize {
        let mut state = self.state();
        let lost = state.dropped - state.reported;
        state.reported = state.dropped;
        lost
    }
}

fn write_until_closed(shared: &Shared, mut sink: impl Write, repeats: &Repeats) {
    let clock = SystemClock::new();
    let mut reported = clock.monotonic();
    loop {
        let since = |reported| clock.monotonic().saturating_sub(reported);
        let closed = shared.wait(EVERY.saturating_sub(since(reported)));
        // Taken before the report, which so finds an empty buffer.
        let lines = shared.take_lines();
        if closed || since(reported) >= EVERY {
            report(shared, repeats, since(reported));
            reported = clock.monotonic();
        }
        write(shared, &mut sink, &lines);
        if closed {
            write(shared, &mut sink, &shared.take_lines());
            shared.state().ended = true;
            shared.changed.notify_all();
            return;
        }
    }
}

/// Logs what was not written. These lines wait in the buffer like all others.
fn report(shared: &Shared, repeats: &Repeats, since: Duration) {
    let seconds = since.as_secs().max(1);
    for sum in repeats.take() {
        tracing::warn!(event = "events_summed_up", of = sum.of, times = sum.times, seconds);
    }
    let lines = shared.lost();
    if lines > 0 {
        tracing::warn!(event = "log_lines_dropped", lines);
    }
}

/// Where the sink fails (its reader has gone), the lines are dropped.
fn write(shared: &Shared, sink: &mut impl Write, lines: &[u8]) {
    let mut rest = lines;
    while !rest.is_empty() {
        match sink.write(rest) {
            Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BREATH),
            _ => {
                shared.state().dropped += rest.iter().filter(|byte| **byte == b'\n').count();
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Passes each write on, and waits until it is received.
    struct Pipe(SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let sent = self.0.send(bytes.to_vec());
            sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))
                .map(|()| bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn piped(limit: usize) -> (LogWriter, Guard, Receiver<Vec<u8>>) {
        let (sender, receiver) = sync_channel(0);
        let (writer, guard) = LogWriter::start(Pipe(sender), limit, Repeats::default()).unwrap();
        (writer, guard, receiver)
    }

    fn log(mut writer: &LogWriter, line: &str) {
        writer.write_all(line.as_bytes()).unwrap();
    }

    /// Everything that is written from now on to the end.
    fn rest(receiver: Receiver<Vec<u8>>) -> thread::JoinHandle<String> {
        thread::spawn(move || String::from_utf8(receiver.iter().flatten().collect()).unwrap())
    }

    #[test]
    fn every_line_is_written_in_order_and_the_last_ones_before_the_end() {
        let (writer, guard, receiver) = piped(1 << 20);
        let reader = rest(receiver);
        let lines: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
        lines.iter().for_each(|line| log(&writer, line));
        drop(guard);
        assert_eq!(reader.join().unwrap(), lines.concat());
    }

    #[test]
    fn while_nobody_reads_lines_past_the_bound_are_dropped_whole_and_counted() {
        let (writer, guard, receiver) = piped(12);
        log(&writer, "first\n");
        // The thread has taken the first line when the buffer has room for all of this.
        while !writer.0.state().lines.is_empty() {
            thread::yield_now();
        }
        ["1234\n", "1234\n", "too much\n", "too much\n", "9\n"]
            .iter()
            .for_each(|line| log(&writer, line));
        assert_eq!(writer.0.state().dropped, 2);
        let reader = rest(receiver);
        drop(guard);
        assert_eq!(reader.join().unwrap(), "first\n1234\n1234\n9\n");
    }

    #[test]
    fn after_the_reader_has_gone_lines_are_taken_dropped_and_counted() {
        let (writer, guard, receiver) = piped(1 << 20);
        drop(receiver);
        for _ in 0..100 {
            log(&writer, "lost\n");
        }
        let shared = writer.0.clone();
        drop(guard);
        while !shared.state().ended {
            thread::yield_now();
        }
        assert!(shared.state().lines.is_empty());
        assert_eq!(shared.state().dropped, 100);
    }
}
