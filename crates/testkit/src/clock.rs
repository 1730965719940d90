//! A clock that the test moves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Clock, Timestamp};

/// A clock that stands still until it is moved.
///
/// It starts at a moment that is no whole second, so that rounding shows.
#[derive(Debug)]
pub struct ManualClock(Mutex<Hands>);

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    monotonic: Duration,
}

impl ManualClock {
    /// Where it starts: 2023-11-14T22:13:20.123Z.
    pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_123);

    /// A clock that stands at [`Self::START`].
    pub fn new() -> Self {
        Self(Mutex::new(Hands {
            now: Self::START,
            monotonic: Duration::from_secs(1),
        }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.hands();
        hands.now = hands.now.plus(by);
        hands.monotonic = hands.monotonic.saturating_add(by);
    }

    /// Turns the wall clock back, as an operator or a time server would. Monotonic time does not follow.
    pub fn turn_back(&self, by: Duration) {
        let mut hands = self.hands();
        hands.now = hands.now.minus(by);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
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
        self.hands().now
    }

    fn monotonic(&self) -> Duration {
        self.hands().monotonic
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
        assert_eq!(clock.monotonic() - monotonic, Duration::from_secs(5));
    }
}
