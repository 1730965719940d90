//! How far this node has read the feed of changes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::late_gaps::{Gap, LateGaps};
use crate::contract::token_store::{FeedEntry, FeedState};

/// How far below the highest number read, at the first reading, an entry may still become visible: a database gives out
/// numbers before it makes the rows that have them visible.
const LATE: i64 = 1000;

/// For how long every round reads again from a missing number on. After that, the number is looked for apart, until the
/// transactions that may have it are over.
const GAP_TIMEOUT: Duration = Duration::from_secs(60);

/// Why this is not the feed that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaced {
    /// The data are others: a restored, replaced or promoted database.
    Identity,
    /// The highest number given out, to an entry or to a token, is lower than one that was read.
    WentBack,
}

/// The position of a reader in the feed.
///
/// Entries may become visible out of order. So each round reads again from the first missing number on, until the entry
/// with that number has appeared or [`GAP_TIMEOUT`] is over.
#[derive(Debug, Default)]
pub(super) struct FeedPosition {
    /// Every number up to this one was read or given up.
    complete_to: i64,
    /// Numbers above `complete_to` that were read, each with the time of its first reading (monotonic).
    read: BTreeMap<i64, Duration>,
    /// The highest number read in this round.
    round_to: i64,
    /// What the feed said of itself when it was last asked; `None`: never.
    state: Option<FeedState>,
    /// The first reading is over: every round until then reads from the start.
    started: bool,
    /// The transactions that were open at the first look are those below this one.
    first_begun: Option<i64>,
    late: LateGaps,
}

impl FeedPosition {
    /// Begins a round of reading, at the first missing number: also after a round that the store's failure cut short.
    ///
    /// Where the feed is not the one that was read before, everything read is forgotten and the answer is why.
    pub(super) fn begin_round(&mut self, state: FeedState) -> Option<Replaced> {
        let replaced = self.state.as_ref().and_then(|before| {
            let highest = before.newest.max(self.highest_read());
            let goes_on = state.newest >= highest && state.issued >= before.issued;
            match (before.identity == state.identity, goes_on) {
                (false, _) => Some(Replaced::Identity),
                (true, false) => Some(Replaced::WentBack),
                (true, true) => None,
            }
        });
        if replaced.is_some() {
            *self = Self::default();
        }
        self.round_to = 0;
        self.state = Some(state);
        replaced
    }

    /// The number after which to read next.
    pub(super) fn after(&self) -> i64 {
        self.round_to.max(self.complete_to)
    }

    /// Those entries of a page that were not read before.
    pub(super) fn take_new(&mut self, page: Vec<FeedEntry>, now: Duration) -> Vec<FeedEntry> {
        let mut new = Vec::new();
        for entry in page {
            self.round_to = self.round_to.max(entry.sequence);
            if entry.sequence > self.complete_to && !self.read.contains_key(&entry.sequence) {
                self.read.insert(entry.sequence, now);
                new.push(entry);
            }
        }
        new
    }

    /// Ends a round of reading: moves `complete_to` over what is complete or given up.
    pub(super) fn end_round(&mut self, now: Duration) {
        let (begun, finished) = self
            .state
            .as_ref()
            .map_or((0, 0), |state| (state.begun, state.finished));
        if !self.started {
            // One that is open may have any number, however low.
            if finished < *self.first_begun.get_or_insert(begun) {
                return;
            }
            self.started = true;
            self.complete_to = self.round_to.saturating_sub(LATE).max(0);
        }
        while let Some((&next, &read_at)) = self.read.first_key_value() {
            let expected = self.complete_to.saturating_add(1);
            if next > expected {
                if now.saturating_sub(read_at) <= GAP_TIMEOUT {
                    break;
                }
                self.late.add(Gap {
                    from: expected,
                    to: next - 1,
                    begun,
                    is_joined: false,
                });
            }
            self.complete_to = self.complete_to.max(next);
            self.read.remove(&next);
        }
    }

    /// The missing numbers that are looked for apart.
    pub(super) fn late(&mut self) -> &mut LateGaps {
        &mut self.late
    }

    /// Forgets the missing numbers that can no longer appear. Call it after they were looked for.
    pub(super) fn forget_settled(&mut self) {
        let finished = self.state.as_ref().map_or(0, |state| state.finished);
        self.late.forget_settled(finished);
    }

    fn highest_read(&self) -> i64 {
        let above = self.read.last_key_value().map_or(0, |(number, _)| *number);
        above.max(self.complete_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::clock::Timestamp;
    use crate::contract::token::TokenId;
    use crate::contract::token_store::Change;

    fn page(sequences: &[i64]) -> Vec<FeedEntry> {
        let entry = |&sequence: &i64| FeedEntry {
            sequence,
            change: Change::Ended(TokenId(sequence)),
            until: Timestamp::from_seconds(1),
        };
        sequences.iter().map(entry).collect()
    }

    fn state(newest: i64) -> FeedState {
        FeedState {
            identity: "one".into(),
            newest,
            issued: 100,
            begun: 7,
            finished: 7,
        }
    }

    fn new(position: &mut FeedPosition, sequences: &[i64], now: u64) -> Vec<i64> {
        let now = Duration::from_secs(now);
        assert_eq!(position.begin_round(state(5002)), None);
        let visible: Vec<i64> = sequences.iter().copied().filter(|s| *s > position.after()).collect();
        let new = position.take_new(page(&visible), now);
        position.end_round(now);
        new.iter().map(|entry| entry.sequence).collect()
    }

    /// What became visible after a round began was read too: numbers that end before it went back.
    #[test]
    fn a_feed_that_ends_before_what_was_read_went_back() {
        for visible in [&[1, 2, 3][..], &[3]] {
            let mut position = FeedPosition::default();
            assert_eq!(position.begin_round(state(1)), None);
            position.take_new(page(visible), Duration::ZERO);
            position.end_round(Duration::ZERO);
            assert_eq!(position.begin_round(state(2)), Some(Replaced::WentBack), "{visible:?}");
        }
    }

    /// Where the next round begins to read.
    fn next(position: &mut FeedPosition) -> i64 {
        position.begin_round(state(5002));
        position.after()
    }

    #[test]
    fn a_round_that_was_cut_short_does_not_hide_a_missing_number() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 2], 0), [1, 2]);
        position.begin_round(state(5002));
        assert_eq!(position.take_new(page(&[4, 5]), Duration::from_secs(1)).len(), 2);
        assert_eq!(new(&mut position, &[1, 2, 3, 4, 5, 6], 2), [3, 6]);
    }

    #[test]
    fn each_entry_is_taken_once() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 2, 3], 0), [1, 2, 3]);
        assert_eq!(new(&mut position, &[1, 2, 3, 4], 1), [4]);
        assert_eq!(next(&mut position), 4);
    }

    #[test]
    fn an_entry_that_becomes_visible_late_is_not_missed() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 2], 0), [1, 2]);
        assert_eq!(new(&mut position, &[1, 2, 4, 5], 1), [4, 5]);
        assert_eq!(new(&mut position, &[1, 2, 3, 4, 5], 2), [3]);
        assert_eq!(next(&mut position), 5);
    }

    #[test]
    fn an_entry_that_was_invisible_at_the_first_reading_is_not_missed() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[5000, 5002], 0), [5000, 5002]);
        assert_eq!(new(&mut position, &[5000, 5001, 5002], 1), [5001]);
    }

    /// However many entries follow it.
    #[test]
    fn an_entry_of_a_transaction_that_was_open_at_the_first_reading_is_not_missed() {
        let mut position = FeedPosition::default();
        for (finished, visible, taken) in [
            (6, vec![5000], vec![5000]),
            (6, vec![5000], vec![]),
            (7, vec![3, 5000], vec![3]),
        ] {
            position.begin_round(FeedState {
                finished,
                ..state(5002)
            });
            assert_eq!(position.after(), 0);
            let new = position.take_new(page(&visible), Duration::from_secs(1));
            position.end_round(Duration::from_secs(1));
            assert_eq!(new.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), taken);
        }
        assert_eq!(next(&mut position), 4000);
    }

    #[test]
    fn a_number_that_does_not_appear_is_looked_for_apart() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 3], 0), [1, 3]);
        assert_eq!(next(&mut position), 1);
        assert_eq!(new(&mut position, &[1, 3], 61), [] as [i64; 0]);
        assert_eq!(next(&mut position), 3);
        assert_eq!(position.late().next_after(0), Some(1));
        position.forget_settled();
        assert_eq!(position.late().next_after(0), None, "its transaction is over");
    }

    #[test]
    fn another_feed_is_read_from_its_start() {
        let mut position = FeedPosition::default();
        let replaced = [
            (
                FeedState {
                    identity: "other".into(),
                    ..state(5002)
                },
                Replaced::Identity,
            ),
            (state(2), Replaced::WentBack),
            (
                FeedState {
                    issued: 99,
                    ..state(5002)
                },
                Replaced::WentBack,
            ),
        ];
        for (state, why) in replaced {
            assert_eq!(new(&mut position, &[1, 2, 3], 0), [1, 2, 3]);
            assert_eq!(position.begin_round(state.clone()), Some(why));
            assert_eq!(position.after(), 0);
            assert_eq!(position.begin_round(state), None, "once");
            position = FeedPosition::default();
        }
    }

    #[test]
    fn a_feed_that_goes_on_is_the_same() {
        let mut position = FeedPosition::default();
        for newest in [0, 3, 3, 4] {
            assert_eq!(position.begin_round(state(newest)), None, "{newest}");
        }
    }
}
