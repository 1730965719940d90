//! A moment as a number, passed in by the caller: this crate reads no clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::json::Number;

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is what a verifier compares `exp`, `nbf` and `iat` with. Arithmetic on it saturates and cannot overflow.
///
/// ```
/// use token_jwt::UnixTime;
/// assert!(UnixTime::from_secs(1_700_000_000) < UnixTime::from_millis(1_700_000_000_001));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime {
    nanos: i128,
}

impl UnixTime {
    /// The moment this many seconds after the epoch.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self {
            nanos: seconds as i128 * SECOND,
        }
    }

    /// The moment this many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self {
            nanos: milliseconds as i128 * MILLISECOND,
        }
    }

    /// Whole seconds since the epoch, rounded down, saturating.
    #[must_use]
    pub fn secs(self) -> i64 {
        saturating(self.nanos.div_euclid(SECOND))
    }

    /// Whole milliseconds since the epoch, rounded down, saturating.
    #[must_use]
    pub fn millis(self) -> i64 {
        saturating(self.nanos.div_euclid(MILLISECOND))
    }

    /// The moment `span` later.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self {
            nanos: self.nanos.saturating_add(span.as_nanos() as i128),
        }
    }

    /// The moment `span` earlier.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(span.as_nanos() as i128),
        }
    }

    /// Reads a NumericDate (RFC 7519 section 2) in the given unit; fractions are kept to the nanosecond. `None` from
    /// the year 10000 on and equally far back: no token means that, but milliseconds read as seconds do.
    pub(crate) fn from_number(number: Number, unit: DateUnit) -> Option<Self> {
        let scale = unit.nanos();
        let nanos = match number {
            Number::Unsigned(value) => i128::from(value) * scale,
            Number::Negative(value) => i128::from(value) * scale,
            // `as` saturates, and the bound below refuses what it saturated.
            Number::Float(value) => (value * scale as f64).floor() as i128,
        };
        (-YEAR_10000..YEAR_10000).contains(&nanos).then_some(Self { nanos })
    }
}

/// A pure conversion; the clock is read by whoever made the `SystemTime`.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::from_secs(0).plus(after),
            Err(before) => Self::from_secs(0).minus(before.duration()),
        }
    }
}

/// The unit in which a policy reads `exp`, `nbf` and `iat`; never guessed from the size of the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateUnit {
    /// Seconds, as RFC 7519 has it.
    #[default]
    Seconds,
    /// Milliseconds: wrong by RFC 7519, written by some issuers all the same.
    Milliseconds,
}

impl DateUnit {
    const fn nanos(self) -> i128 {
        match self {
            Self::Seconds => SECOND,
            Self::Milliseconds => MILLISECOND,
        }
    }
}

const SECOND: i128 = 1_000_000_000;
const MILLISECOND: i128 = 1_000_000;
const YEAR_10000: i128 = 253_402_300_800 * SECOND;

fn saturating(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_count_and_order() {
        let at = |number| UnixTime::from_number(Number::Float(number), DateUnit::Seconds);
        assert!(at(1_700_000_000.5) > Some(UnixTime::from_secs(1_700_000_000)));
        assert_eq!(at(1_700_000_000.0), Some(UnixTime::from_secs(1_700_000_000)));
        assert_eq!(at(f64::MAX), None);
        assert_eq!(at(-0.5).map(UnixTime::secs), Some(-1));
    }

    #[test]
    fn milliseconds_read_as_seconds_are_out_of_range() {
        let number = Number::Unsigned(1_442_002_179_358);
        assert_eq!(UnixTime::from_number(number, DateUnit::Seconds), None);
        assert_eq!(
            UnixTime::from_number(number, DateUnit::Milliseconds),
            Some(UnixTime::from_millis(1_442_002_179_358))
        );
    }

    #[test]
    fn extremes_saturate() {
        assert_eq!(
            UnixTime::from_number(Number::Unsigned(u64::MAX), DateUnit::Seconds),
            None
        );
        let end = UnixTime::from_secs(i64::MAX).plus(Duration::MAX);
        assert_eq!((end.secs(), end.millis()), (i64::MAX, i64::MAX));
        assert_eq!(UnixTime::from_secs(i64::MIN).minus(Duration::MAX).secs(), i64::MIN);
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_millis(1)).millis(), -1);
    }
}
