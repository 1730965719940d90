//! A clock that the test moves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::clock::{Clock, Timestamp};

/// A clock that does not move by itself.
///
/// It starts at a moment that is no whole second, so that rounding shows.
///
/// ```
/// use std::time::Duration;
///
/// use auth_core::testing::ManualClock;
/// use auth_core::{Clock, Timestamp};
///
/// let clock = ManualClock::new();
/// clock.set(Timestamp::from_seconds(1_800_000_000));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), Timestamp::from_seconds(1_800_000_060));
/// ```
#[derive(Debug)]
pub struct ManualClock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    now: Timestamp,
    monotonic: Duration,
}

impl ManualClock {
    /// The time of a new clock: 2023-11-14T22:13:20.123Z.
    pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_123);

    /// A clock that shows [`Self::START`].
    pub const fn new() -> Self {
        Self(Mutex::new(Reading {
            now: Self::START,
            monotonic: Duration::from_secs(1),
        }))
    }

    /// Lets time pass, on the wall clock and on the monotonic one.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.reading();
        reading.now = reading.now.plus(by);
        reading.monotonic = reading.monotonic.saturating_add(by);
    }

    /// Turns the wall clock back, as an operator or a time server would. Monotonic time does not follow.
    pub fn turn_back(&self, by: Duration) {
        let mut reading = self.reading();
        reading.now = reading.now.minus(by);
    }

    /// Sets the wall clock. Monotonic time does not follow.
    pub fn set(&self, now: Timestamp) {
        self.reading().now = now;
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.reading().now
    }

    fn monotonic(&self) -> Duration {
        self.reading().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_test_moves_it_and_only_the_wall_clock_goes_back() {
        let clock = ManualClock::new();
        let monotonic = clock.monotonic();
        assert_eq!(clock.now(), ManualClock::START);
        clock.advance(Duration::from_secs(5));
        clock.turn_back(Duration::from_secs(7));
        assert_eq!(clock.now(), ManualClock::START.minus(Duration::from_secs(2)));
        clock.set(ManualClock::START);
        assert_eq!(clock.now(), ManualClock::START);
        assert_eq!(clock.monotonic() - monotonic, Duration::from_secs(5));
    }
}
