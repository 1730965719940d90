//! Helpers for the tests.

pub mod client;
pub mod console;
pub mod description;
pub mod dialect;
pub mod jws;
pub mod operator;
mod poll;
pub mod scrape;
pub mod server;
pub mod sign_in;
pub mod tls;
pub mod vectors;

use std::sync::Barrier;
use std::thread;

pub use poll::poll;

/// Calls from `callers` threads that all start at the same moment; returns the answers.
pub fn at_once<T: Send>(callers: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(callers);
    thread::scope(|scope| {
        let spawn = |index| {
            let (start, call) = (&start, &call);
            scope.spawn(move || {
                start.wait();
                call(index)
            })
        };
        let threads: Vec<_> = (0..callers).map(spawn).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a caller panicked"))
            .collect()
    })
}

/// The value, which must be the same for all of them.
pub fn the_one<T: PartialEq + std::fmt::Debug>(values: impl IntoIterator<Item = T>) -> T {
    let mut values = values.into_iter();
    let first = values.next().expect("at least one");
    values.for_each(|other| assert_eq!(other, first));
    first
}

/// Milliseconds since 1970.
#[allow(
    clippy::disallowed_methods,
    reason = "compared with what the server says of the same moment"
)]
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_millis()).expect("fits")
}

/// Runs a law on an SQLite file that does not exist yet.
pub fn with_file(law: impl FnOnce(&str)) {
    let folder = tempfile::tempdir().expect("a folder");
    law(&format!("sqlite:{}", folder.path().join("t.db").display()));
}
