//! How long something took, counted in buckets, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts durations in buckets. Noting one is three additions to atomic numbers: no lock, no allocation.
///
/// ```
/// use std::time::Duration;
///
/// use auth_core::Durations;
///
/// static BOUNDS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];
///
/// let waits = Durations::new(&BOUNDS);
/// waits.note(Duration::from_millis(1));
/// waits.note(Duration::from_millis(3));
/// waits.note(Duration::from_secs(1));
/// assert_eq!(waits.read().buckets, [1, 1, 1]);
/// assert_eq!(waits.read().sum, Duration::from_millis(1004));
/// ```
#[derive(Debug)]
pub struct Durations {
    bounds: &'static [Duration],
    buckets: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
}

/// What [`Durations`] have counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationCounts {
    /// The longest duration of each bucket but the last one, in rising order.
    pub bounds: &'static [Duration],
    /// How many durations fell into each bucket; the last one has what is longer than every bound.
    pub buckets: Vec<u64>,
    /// All durations together.
    pub sum: Duration,
}

impl Durations {
    /// Nothing counted yet. `bounds` rise; each belongs to its bucket.
    pub fn new(bounds: &'static [Duration]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// Counts one.
    pub fn note(&self, took: Duration) {
        let bucket = self.bounds.partition_point(|bound| *bound < took);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        // 584 years fit.
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn read(&self) -> DurationCounts {
        DurationCounts {
            bounds: self.bounds,
            buckets: self
                .buckets
                .iter()
                .map(|bucket| bucket.load(Ordering::Relaxed))
                .collect(),
            sum: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

impl DurationCounts {
    /// Adds what others with the same bounds have counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
        self.sum += other.sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOUNDS: [Duration; 2] = [Duration::from_micros(5), Duration::from_micros(10)];

    #[test]
    fn a_duration_falls_into_the_bucket_whose_bound_it_does_not_exceed() {
        let durations = Durations::new(&BOUNDS);
        for (nanoseconds, bucket) in [
            (0, 0),
            (5_000, 0),
            (5_001, 1),
            (10_000, 1),
            (10_001, 2),
            (u64::MAX / 8, 2),
        ] {
            let before = durations.read();
            durations.note(Duration::from_nanos(nanoseconds));
            let mut expected = before.buckets;
            expected[bucket] += 1;
            assert_eq!(durations.read().buckets, expected, "{nanoseconds} ns");
        }
    }

    #[test]
    fn counts_of_the_same_bounds_add_up() {
        let (one, other) = (Durations::new(&BOUNDS), Durations::new(&BOUNDS));
        one.note(Duration::from_micros(1));
        other.note(Duration::from_micros(2));
        other.note(Duration::from_micros(20));
        let mut sum = one.read();
        sum.add(&other.read());
        assert_eq!((sum.buckets, sum.sum), (vec![2, 0, 1], Duration::from_micros(23)));
    }
}
