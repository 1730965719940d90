//! How fast ended rows are removed.

use std::time::Duration;

/// How long one step may take. On SQLite every other writer waits that long.
const STEP: Duration = Duration::from_millis(10);

const FEWEST: u32 = 20;
const MOST: u32 = 500;

const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// After a step, others have the database for so many times as long.
const SHARE: u32 = 4;

/// The pace of a purge: as many rows in a step as the database removes in 10 ms, and a pause after each, in which other
/// operations are done. So a purge of millions of rows takes longer, and those who refresh meanwhile hardly notice.
#[derive(Clone, Copy, Debug)]
pub struct PurgePace {
    rows: u32,
}

impl Default for PurgePace {
    fn default() -> Self {
        Self { rows: FEWEST }
    }
}

impl PurgePace {
    /// How many rows the next step removes at most.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// A step of this many rows took so long: how long to wait before the next one.
    pub fn step_took(&mut self, took: Duration) -> Duration {
        let took = took.max(Duration::from_micros(1));
        let fits = u128::from(self.rows) * STEP.as_micros() / took.as_micros();
        // A single quick step says little: at most twice as many at once.
        let next = fits.min(u128::from(self.rows) * 2);
        self.rows = u32::try_from(next).unwrap_or(MOST).clamp(FEWEST, MOST);
        (took * SHARE).max(SHORTEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The pace after steps in which each row takes this long.
    fn settled(a_row: Duration) -> (PurgePace, Duration) {
        let (mut pace, mut pause) = (PurgePace::default(), Duration::ZERO);
        for _ in 0..20 {
            pause = pace.step_took(a_row * pace.rows());
        }
        (pace, pause)
    }

    #[test]
    fn a_step_takes_ten_milliseconds_where_rows_are_slow() {
        let (pace, pause) = settled(MS / 10);
        assert_eq!((pace.rows(), pause), (100, 50 * MS));
    }

    #[test]
    fn a_step_has_a_fewest_and_a_most() {
        assert_eq!(settled(MS / 1000).0.rows(), MOST);
        let (pace, pause) = settled(10 * MS);
        assert_eq!(
            (pace.rows(), pause),
            (FEWEST, 800 * MS),
            "others have four fifths of the time"
        );
    }

    #[test]
    fn a_slow_step_counts_at_once_and_a_quick_one_by_and_by() {
        let (mut pace, _) = settled(MS / 1000);
        pace.step_took(250 * MS);
        assert_eq!(pace.rows(), FEWEST);
        pace.step_took(Duration::ZERO);
        assert_eq!(pace.rows(), 2 * FEWEST);
    }
}
