//! A point in time, passed in by the caller: this crate reads no clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::json::Number;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// A verifier compares it with `exp`, `nbf` and `iat`. Arithmetic on it saturates and cannot overflow.
///
/// ```
/// use token_jwt::UnixTime;
/// assert!(UnixTime::from_secs(1_700_000_000) < UnixTime::from_millis(1_700_000_000_001));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime {
    micros: i64,
}

/// A length of time, never negative, saturating.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    micros: i64,
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self {
            micros: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
        }
    }
}

impl UnixTime {
    /// The time this many seconds after the epoch, saturating some 292,000 years away from it.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self {
            micros: seconds.saturating_mul(SECOND),
        }
    }

    /// The time this many milliseconds after the epoch, saturating.
    #[must_use]
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self {
            micros: milliseconds.saturating_mul(MILLISECOND),
        }
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.micros.div_euclid(SECOND)
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.micros.div_euclid(MILLISECOND)
    }

    /// The time `span` later, saturating.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        self.after(Span::from(span))
    }

    /// The time `span` earlier, saturating.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self {
            micros: self.micros.saturating_sub(Span::from(span).micros),
        }
    }

    pub(crate) const fn after(self, span: Span) -> Self {
        Self {
            micros: self.micros.saturating_add(span.micros),
        }
    }

    /// Reads a NumericDate (RFC 7519 section 2) in the given unit; fractions are kept to the microsecond, rounded down.
    /// `None` from the year 10000 on and equally far before 1970: that is most often milliseconds read as seconds.
    #[inline]
    pub(crate) fn from_number(number: Number, unit: DateUnit) -> Option<Self> {
        let (scale, bound) = match unit {
            DateUnit::Seconds => (SECOND, YEAR_10000 / SECOND),
            DateUnit::Milliseconds => (MILLISECOND, YEAR_10000 / MILLISECOND),
        };
        let micros = match number {
            Number::Unsigned(value) if value < bound.unsigned_abs() => value as i64 * scale,
            Number::Negative(value) if value > -bound => value * scale,
            Number::Float(value) if value.abs() < bound as f64 => (value * scale as f64).floor() as i64,
            _ => return None,
        };
        Some(Self { micros })
    }
}

/// A conversion only: the caller has read the clock.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::from_secs(0).plus(after),
            Err(before) => Self::from_secs(0).minus(before.duration()),
        }
    }
}

/// The unit in which a policy reads `exp`, `nbf` and `iat`. It is never derived from the size of the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateUnit {
    /// Seconds, as RFC 7519 has it.
    #[default]
    Seconds,
    /// Milliseconds: not what RFC 7519 says, but some issuers write them.
    Milliseconds,
}

const SECOND: i64 = 1_000_000;
const MILLISECOND: i64 = 1_000;
const YEAR_10000: i64 = 253_402_300_800 * SECOND;

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
    fn dates_end_with_the_year_9999_and_equally_far_back() {
        let end = 253_402_300_800;
        for (unit, end, last) in [
            (DateUnit::Seconds, end, UnixTime::from_secs(end - 1)),
            (
                DateUnit::Milliseconds,
                1_000 * end,
                UnixTime::from_millis(1_000 * end - 1),
            ),
        ] {
            let read = |number| UnixTime::from_number(number, unit);
            let first = UnixTime { micros: -last.micros };
            assert_eq!(read(Number::Unsigned(end.unsigned_abs() - 1)), Some(last));
            assert_eq!(read(Number::Unsigned(end.unsigned_abs())), None);
            assert_eq!(read(Number::Negative(1 - end)), Some(first));
            assert_eq!(read(Number::Negative(-end)), None);
            assert!(read(Number::Float(end as f64 - 1.0)).is_some());
            assert!(read(Number::Float(1.0 - end as f64)).is_some());
            assert_eq!(read(Number::Float(end as f64)), None);
            assert_eq!(read(Number::Float(-end as f64)), None);
        }
    }

    #[test]
    fn a_time_is_the_same_in_every_unit() {
        let time = UnixTime::from_millis(1_700_000_000_500);
        assert_eq!((time.secs(), time.millis()), (1_700_000_000, 1_700_000_000_500));
        let half = Duration::from_millis(500);
        assert_eq!(time.minus(half), UnixTime::from_secs(1_700_000_000));
        assert_eq!(time.plus(half), UnixTime::from_secs(1_700_000_001));
        assert_eq!(
            UnixTime::from(UNIX_EPOCH + Duration::from_millis(1_700_000_000_500)),
            time
        );
        assert_eq!(
            UnixTime::from_number(Number::Float(1_700_000_000_500.25), DateUnit::Milliseconds),
            Some(time.plus(Duration::from_micros(250)))
        );
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
        assert_eq!(end.millis(), i64::MAX / 1000);
        assert_eq!(
            UnixTime::from_secs(i64::MIN).minus(Duration::MAX).secs(),
            i64::MIN / 1_000_000 - 1
        );
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_millis(1)).millis(), -1);
    }
}
