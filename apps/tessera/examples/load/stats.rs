//! Medians and percentiles.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::server::COST;

/// The value below which `share` of them lie.
pub fn percentile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or_default()
}

pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The median time of one hash by the `bcrypt` crate, on one core of this machine now.
pub fn one_hash() -> Duration {
    let mut times: Vec<Duration> = (0..15)
        .map(|_| {
            let begun = Instant::now();
            black_box(bcrypt::hash_with_salt(black_box("secret"), COST, [7; 16]).unwrap());
            begun.elapsed()
        })
        .collect();
    percentile(&mut times, 0.5)
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
