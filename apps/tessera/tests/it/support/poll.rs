//! Waiting for another process: it has a clock of its own, which no test can move.

use std::thread;
use std::time::Duration;

/// Asks again every 10 ms, `steps` times at most, until it is so; whether it ever was.
pub fn poll(steps: usize, mut is_so: impl FnMut() -> bool) -> bool {
    for _ in 0..steps {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    is_so()
}
