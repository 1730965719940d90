//! Time. Everything else gets it passed in; only this module reads the system's clock.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far the clocks of two nodes may differ. What one node issues is accepted by another one within it, and no token is
/// accepted for longer than this after its expiry.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// How far in the future a recorded time may lie and still be believed: a clock that is set back by less ends nothing.
pub(crate) const BELIEVABLE: Duration = Duration::from_secs(24 * 60 * 60);

/// A moment in UTC, in whole milliseconds since 1970-01-01 (negative before).
///
/// Arithmetic saturates: a hostile lifetime of `u64::MAX` seconds gives the latest moment, never a wrapped one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment `seconds` seconds after 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment, without its fraction of a second.
    pub const fn floor_to_second(self) -> Self {
        Self::from_seconds(self.as_seconds())
    }

    /// The moment `life` later.
    pub fn plus(self, life: Duration) -> Self {
        Self(self.0.saturating_add(millis(life)))
    }

    /// The moment `age` earlier.
    pub fn minus(self, age: Duration) -> Self {
        Self(self.0.saturating_sub(millis(age)))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later (the clock went back).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// A source of time. Pure functions take `now` as an argument instead.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall clock. It may jump. Lifetimes of tokens are counted in it, because other machines read them.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start, which never goes back. The age of what this process has cached is counted in it.
    fn monotonic(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[allow(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since_1970.map_or(0, millis))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        let now = Timestamp::from_seconds(1_700_000_000);
        assert_eq!(now.plus(Duration::MAX), Timestamp::from_millis(i64::MAX));
        assert_eq!(now.since(now.plus(Duration::from_secs(1))), Duration::ZERO);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::from_millis(i64::MAX));
    }

    #[test]
    fn seconds_round_down_on_both_sides_of_1970() {
        assert_eq!(Timestamp::from_millis(1999).as_seconds(), 1);
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
    }
}
