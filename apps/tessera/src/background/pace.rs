//! When to read the store again: at once when it says that something was changed, and otherwise from time to time.
//!
//! The reads decide, and not the notices. While the store notices changes, a read from time to time is what finds those
//! that it did not notice, and shows that it can be read.

use std::time::Duration;

use auth_core::ChangeWatch;
use tokio::time::{Instant, sleep, timeout};

use crate::config::RevocationSettings;

/// The time between two reads at least, however many changes there are.
const BREATH: Duration = Duration::from_millis(10);

/// The time between two reads at most: every node follows within a second, also where a notice was lost.
const MOST: Duration = Duration::from_millis(900);

/// How many reads there are at least while a node goes on without one.
const READS_IN_STALENESS: u32 = 4;

/// For how long notices are not relied on after one did not come.
const DISTRUST: Duration = Duration::from_secs(60);

/// How long a server that starts may take until it notices changes.
const START: Duration = Duration::from_secs(5);

/// The times between two reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Periods {
    /// While changes are not noticed.
    unnoticed: Duration,
    /// While they are.
    noticed: Duration,
}

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Failed,
    Nothing,
    Changes,
}

/// The pace of one reader.
pub(super) struct Pace {
    watch: ChangeWatch,
    periods: Periods,
    begun: Instant,
    last: Option<Read>,
    /// Whether a notice was the reason for the last read.
    woken: bool,
    /// Whether the read before found changes of which no notice had come yet.
    is_unannounced: bool,
    distrust_until: Option<Instant>,
    /// Whether changes are noticed, as it was reported last.
    reported: Option<bool>,
}

impl Periods {
    pub(crate) fn of(settings: &RevocationSettings) -> Self {
        let unnoticed = Duration::from_millis(settings.poll_ms);
        let noticed = MOST.min(settings.max_staleness.0 / READS_IN_STALENESS);
        Self {
            unnoticed,
            noticed: noticed.max(unnoticed),
        }
    }
}

impl Pace {
    pub(super) fn new(watch: ChangeWatch, periods: Periods) -> Self {
        Self {
            watch,
            periods,
            begun: Instant::now(),
            last: None,
            woken: false,
            is_unannounced: false,
            distrust_until: None,
            reported: None,
        }
    }

    /// Waits until it is time to read; not the first time.
    pub(super) async fn next(&mut self) {
        if self.last.is_some() {
            sleep(BREATH).await;
            let bound = self.bound().saturating_sub(BREATH);
            self.woken = timeout(bound, self.watch.changed()).await.is_ok();
        }
    }

    /// Notes what came of the read. Whether there were changes, some time ago by now, of which no notice came.
    pub(super) fn note(&mut self, read: Read) -> bool {
        let is_missed = self.is_unannounced && !self.woken;
        self.is_unannounced = read == Read::Changes && !self.woken && self.last.is_some() && self.watch.is_live();
        self.last = Some(read);
        if is_missed {
            self.distrust_until = Some(Instant::now() + DISTRUST);
        }
        is_missed
    }

    /// Whether changes are noticed, where that is news.
    pub(super) fn news(&mut self) -> Option<bool> {
        let is_live = self.watch.is_live();
        let is_starting = self.reported.is_none() && !is_live && self.begun.elapsed() < START;
        if is_starting || self.reported == Some(is_live) {
            return None;
        }
        self.reported = Some(is_live);
        self.reported
    }

    fn bound(&self) -> Duration {
        let is_trusted = self.distrust_until.is_none_or(|until| Instant::now() >= until);
        match self.watch.is_live() && is_trusted && self.last != Some(Read::Failed) {
            true => self.periods.noticed,
            false => self.periods.unnoticed,
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_core::ChangeNotices;

    use super::*;

    const PERIODS: Periods = Periods {
        unnoticed: Duration::from_millis(200),
        noticed: Duration::from_millis(900),
    };

    fn live() -> (ChangeNotices, Pace) {
        let notices = ChangeNotices::new();
        notices.set_live(true);
        let pace = Pace::new(notices.watch(), PERIODS);
        (notices, pace)
    }

    /// How long it waits until the next read.
    async fn waits(pace: &mut Pace) -> Duration {
        let begun = Instant::now();
        pace.next().await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn reads_are_far_between_only_while_changes_are_noticed_and_reads_succeed() {
        let (notices, mut pace) = live();
        assert_eq!(waits(&mut pace).await, Duration::ZERO, "the first");
        pace.note(Read::Nothing);
        assert_eq!(waits(&mut pace).await, PERIODS.noticed);
        pace.note(Read::Failed);
        assert_eq!(waits(&mut pace).await, PERIODS.unnoticed);
        pace.note(Read::Nothing);
        notices.set_live(false);
        assert_eq!(waits(&mut pace).await, BREATH, "what was changed since is to be read");
        pace.note(Read::Nothing);
        assert_eq!(waits(&mut pace).await, PERIODS.unnoticed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_read_at_once_and_a_crowd_of_them_by_a_few_reads() {
        let (notices, mut pace) = live();
        pace.next().await;
        pace.note(Read::Nothing);
        for _ in 0..3 {
            notices.notify();
            assert_eq!(waits(&mut pace).await, BREATH);
            pace.note(Read::Changes);
        }
        assert_eq!(waits(&mut pace).await, PERIODS.noticed);
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_notice_comes_of_a_change_reads_are_frequent_for_a_while() {
        let (_notices, mut pace) = live();
        pace.next().await;
        assert!(!pace.note(Read::Changes), "all that there was before");
        pace.next().await;
        assert!(!pace.note(Read::Changes), "the notice may be under way");
        pace.next().await;
        assert!(pace.note(Read::Nothing), "it did not come");
        assert_eq!(waits(&mut pace).await, PERIODS.unnoticed);
        tokio::time::advance(DISTRUST).await;
        assert!(!pace.note(Read::Nothing));
        assert_eq!(waits(&mut pace).await, PERIODS.noticed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_notice_that_comes_after_its_change_was_read_is_none_that_was_missed() {
        let (notices, mut pace) = live();
        pace.next().await;
        pace.note(Read::Nothing);
        pace.next().await;
        pace.note(Read::Changes);
        notices.notify();
        pace.next().await;
        assert!(!pace.note(Read::Nothing));
        assert_eq!(waits(&mut pace).await, PERIODS.noticed);
    }

    #[tokio::test(start_paused = true)]
    async fn whether_changes_are_noticed_is_reported_once() {
        let notices = ChangeNotices::new();
        let mut pace = Pace::new(notices.watch(), PERIODS);
        assert_eq!(pace.news(), None, "it has just started");
        tokio::time::advance(START).await;
        assert_eq!((pace.news(), pace.news()), (Some(false), None));
        notices.set_live(true);
        assert_eq!((pace.news(), pace.news()), (Some(true), None));
    }

    #[test]
    fn reads_are_frequent_enough_for_every_bound() {
        let periods = |poll_ms, staleness| {
            let periods = Periods::of(&RevocationSettings {
                poll_ms,
                max_staleness: crate::config::Span::seconds(staleness),
                ..RevocationSettings::default()
            });
            (periods.unnoticed.as_millis(), periods.noticed.as_millis())
        };
        assert_eq!(periods(200, 5), (200, 900));
        assert_eq!(periods(200, 1), (200, 250));
        assert_eq!(periods(900, 1), (900, 900));
    }
}
