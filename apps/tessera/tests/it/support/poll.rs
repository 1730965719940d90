//! Waits for another process, whose clock no test can set.

use std::thread;
use std::time::Duration;

/// Checks every 10 ms, at most `steps` times, until the condition holds; returns whether it did.
pub fn poll(steps: usize, mut is_so: impl FnMut() -> bool) -> bool {
    for _ in 0..steps {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    is_so()
}
