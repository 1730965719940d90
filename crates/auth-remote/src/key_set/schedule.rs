//! When keys are fetched, and until when they are used. All times are monotonic.

use std::time::Duration;

use auth_core::Unavailable;

use crate::verifier::unavailable;

/// The shortest time between two fetches for keys that tokens name.
const BETWEEN_LOOKS_FOR_NEW_KEYS: Duration = Duration::from_secs(5);

/// The longest time after a failed fetch until the next one. The first is after one second, each further one after twice
/// the time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is known of past fetches, and when the next one is.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// `None`: there have been no keys yet.
    usable_until: Option<Duration>,
    due_at: Duration,
    /// When the last fetch began.
    began_at: Option<Duration>,
    in_progress: bool,
    failures: u32,
}

impl Schedule {
    /// Whether keys may be fetched now.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        now >= self.due_at && !self.in_progress
    }

    /// Whether the keys may be used still.
    pub(super) fn check_age(&self, now: Duration) -> Result<(), Unavailable> {
        match self.usable_until {
            Some(until) if now < until => Ok(()),
            Some(_) => Err(unavailable("its keys could not be read for too long")),
            None => Err(unavailable("its keys could not be read yet")),
        }
    }

    /// Whether the last fetch succeeded.
    pub(super) fn last_fetch(&self) -> Result<(), Unavailable> {
        match self.failures {
            0 => Ok(()),
            _ => Err(unavailable("its keys could not be read just now")),
        }
    }

    /// A token names an unknown key: whether there is or will be a fetch to wait for.
    pub(super) fn want_new_keys(&mut self, now: Duration) -> bool {
        let recent = |at: Duration| now.saturating_sub(at) < BETWEEN_LOOKS_FOR_NEW_KEYS;
        if self.in_progress {
            return true;
        }
        if self.began_at.is_some_and(recent) {
            return false;
        }
        self.due_at = now;
        true
    }

    /// A fetch begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.began_at = Some(now);
        self.in_progress = true;
    }

    /// The server has confirmed the keys, when it was asked at this time: they may be used for so long. The next fetch is
    /// after four fifths of the time for which they are fresh.
    pub(super) fn confirmed(&mut self, asked_at: Duration, fresh: Duration, usable: Duration) {
        self.use_for(asked_at, usable);
        self.due_at = asked_at + fresh * 4 / 5;
        self.failures = 0;
        self.in_progress = false;
    }

    /// A fetch has failed. Keys that there are stay in use until they are too old.
    pub(super) fn failed(&mut self, now: Duration) {
        let pause = Duration::from_secs(1 << self.failures.min(5));
        self.due_at = now + pause.min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.in_progress = false;
    }

    /// Keys that are used without a fetch, for so long.
    pub(super) fn use_for(&mut self, now: Duration, left: Duration) {
        self.usable_until = Some(now.saturating_add(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn after_failures_it_pauses_longer_and_longer_and_never_longer_than_half_a_minute() {
        let mut schedule = Schedule::default();
        let mut now = SECOND * 100;
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(schedule.is_due(now));
            schedule.begin(now);
            schedule.failed(now);
            assert!(
                !schedule.is_due(now + SECOND * pause - Duration::from_millis(1)),
                "{pause} s"
            );
            now += SECOND * pause;
        }
        schedule.begin(now);
        schedule.confirmed(now, SECOND * 100, SECOND * 1000);
        assert!(!schedule.is_due(now + SECOND * 79) && schedule.is_due(now + SECOND * 80));
        assert!(schedule.last_fetch().is_ok());
    }

    /// Whatever tokens name, and whether the server answers or not.
    #[test]
    fn unknown_keys_cause_at_most_twelve_fetches_a_minute() {
        for answers in [true, false] {
            let (mut schedule, start) = (Schedule::default(), SECOND * 100);
            schedule.begin(start);
            schedule.confirmed(start, SECOND * 3600, SECOND * 3600);
            let mut wanted = 0;
            for tenth in 0..600 {
                let now = start + SECOND + Duration::from_millis(tenth * 100);
                if schedule.want_new_keys(now) {
                    wanted += 1;
                    schedule.begin(now);
                    match answers {
                        true => schedule.confirmed(now, SECOND * 3600, SECOND * 3600),
                        false => schedule.failed(now),
                    }
                }
            }
            assert!((10..=12).contains(&wanted), "{wanted}");
        }
    }
}
