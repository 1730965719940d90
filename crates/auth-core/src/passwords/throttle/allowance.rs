//! How many failures are allowed, as arithmetic on one number for each counter.

use std::time::Duration;

/// How often something may fail: `failures` at once, and `failures` for each `window` from then on, evenly spread.
///
/// Each failure is forgotten after `window / failures`. After `failures` of them, the next attempt has to wait until one
/// is forgotten, not until all are. So a lock is short, and the rate of guesses is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    failures: u32,
    interval: Micros,
}

/// Why an [`Allowance`] cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowanceError {
    /// Nobody could ever sign in.
    #[error("an allowance must allow at least one failure")]
    NoFailures,
    /// Nothing would be counted.
    #[error("the window of an allowance must be longer than zero")]
    NoWindow,
    /// An owner would be locked out for too long.
    #[error("the window of an allowance must not be longer than {} s", Allowance::LONGEST_WINDOW.as_secs())]
    WindowTooLong,
}

/// Microseconds of the monotonic clock, or between two of its moments.
pub(super) type Micros = u64;

/// The moment at which all failures of one counter will be forgotten; in the past, or 0, when there are none. The whole
/// state of a counter (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
pub(super) type ForgottenAt = Micros;

impl Allowance {
    /// The longest window, and so the longest that a lock can last.
    pub const LONGEST_WINDOW: Duration = Duration::from_secs(15 * 60);

    /// An allowance of `failures` for each `window`.
    ///
    /// # Errors
    /// [`AllowanceError`].
    pub const fn new(failures: u32, window: Duration) -> Result<Self, AllowanceError> {
        if failures == 0 {
            return Err(AllowanceError::NoFailures);
        }
        if window.is_zero() {
            return Err(AllowanceError::NoWindow);
        }
        if window.as_micros() > Self::LONGEST_WINDOW.as_micros() {
            return Err(AllowanceError::WindowTooLong);
        }
        // At most 900,000,000 by the line above.
        let interval = window.as_micros() as Micros / failures as Micros;
        Ok(Self {
            failures,
            interval: if interval == 0 { 1 } else { interval },
        })
    }

    /// How many failures it allows at once.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// How long it takes until one failure is forgotten: the longest wait that a lock can ask for.
    pub const fn longest_wait(&self) -> Duration {
        Duration::from_micros(self.interval)
    }

    /// How long until the next attempt is allowed; `None` when it is now.
    pub(super) fn wait(&self, state: ForgottenAt, now: Micros) -> Option<Duration> {
        let open_at = state.saturating_sub(self.interval * Micros::from(self.failures - 1));
        (open_at > now).then(|| Duration::from_micros(open_at - now))
    }

    /// The state after one more failure. However many are added, it is never further ahead than `failures` of them.
    pub(super) fn add(&self, state: ForgottenAt, now: Micros) -> ForgottenAt {
        let most = now + self.interval * Micros::from(self.failures);
        (state.max(now) + self.interval).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = 5_000_000;

    fn ten_in_ten_minutes() -> Allowance {
        Allowance::new(10, Duration::from_secs(600)).expect("allowed")
    }

    fn after(allowance: Allowance, failures: usize) -> ForgottenAt {
        (0..failures).fold(0, |state, _| allowance.add(state, NOW))
    }

    #[test]
    fn the_last_allowed_failure_locks_and_the_one_before_does_not() {
        let allowance = ten_in_ten_minutes();
        assert_eq!(allowance.wait(after(allowance, 9), NOW), None);
        assert_eq!(allowance.wait(after(allowance, 10), NOW), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_lock_ends_at_the_announced_moment() {
        let allowance = ten_in_ten_minutes();
        let state = after(allowance, 10);
        assert_eq!(allowance.wait(state, NOW + 59_999_999), Some(Duration::from_micros(1)));
        assert_eq!(allowance.wait(state, NOW + 60_000_000), None);
    }

    #[test]
    fn no_number_of_failures_makes_a_lock_longer() {
        let allowance = ten_in_ten_minutes();
        assert_eq!(after(allowance, 1_000), after(allowance, 10));
    }

    #[test]
    fn all_failures_are_forgotten_after_the_window() {
        let allowance = ten_in_ten_minutes();
        assert!(after(allowance, 10) <= NOW + 600_000_000);
    }

    #[test]
    fn an_allowance_that_never_allows_or_locks_for_too_long_is_an_error() {
        assert_eq!(
            Allowance::new(0, Duration::from_secs(60)),
            Err(AllowanceError::NoFailures)
        );
        assert_eq!(Allowance::new(1, Duration::ZERO), Err(AllowanceError::NoWindow));
        assert_eq!(
            Allowance::new(1, Duration::from_secs(901)),
            Err(AllowanceError::WindowTooLong)
        );
        let dense = Allowance::new(u32::MAX, Duration::from_micros(1)).expect("allowed");
        assert_eq!(dense.longest_wait(), Duration::from_micros(1));
    }
}
