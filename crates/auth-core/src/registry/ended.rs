//! The revocations that still matter, and the place in the feed up to which they are known.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::account::{Generation, Subject};
use crate::clock::Timestamp;
use crate::store::{Change, FeedEntry};
use crate::token::{SessionRef, TokenId};

/// How many entries are asked for at once.
pub(super) const PAGE: u32 = 1000;

/// How far below the highest number seen an entry may still turn up: a database gives out numbers before it makes the
/// rows that bear them visible.
const LATE: i64 = 1000;

/// For how long a missing number is looked for. A transaction that is still open after that was given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// For how long an end is remembered beyond the time when it could matter: a clock that jumps a day ahead and back
/// again must not bring a revoked token back.
pub(super) const MARGIN: Duration = Duration::from_secs(26 * 60 * 60);

#[derive(Debug, Default)]
pub(super) struct Ended(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    tokens: HashMap<TokenId, Option<Timestamp>>,
    subjects: HashMap<Subject, (Generation, Timestamp)>,
    heard_at: Option<Duration>,
}

impl Ended {
    pub(super) fn covers(&self, session: &SessionRef) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let superseded = known.subjects.get(&session.subject);
        known.tokens.contains_key(&session.id)
            || superseded.is_some_and(|(generation, _)| session.generation < *generation)
    }

    pub(super) fn remember(&self, entry: &FeedEntry) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match entry.change {
            Change::Ended(id) => {
                known.tokens.insert(id, Some(entry.until));
            }
            Change::Superseded(subject, generation) => {
                let newest = known.subjects.entry(subject).or_insert((generation, entry.until));
                *newest = (newest.0.max(generation), newest.1.max(entry.until));
            }
            Change::SubjectRights(_) | Change::AllRights => {}
        }
    }

    /// Notes an end before the feed tells of it; the feed's entry then brings the time until which to keep it.
    pub(super) fn note_token(&self, id: TokenId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.tokens.entry(id).or_insert(None);
    }

    pub(super) fn forget_before(&self, now: Timestamp) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.tokens.retain(|_, until| until.is_none_or(|until| until > now));
        known.subjects.retain(|_, (_, until)| *until > now);
    }

    pub(super) fn heard_at(&self, monotonic: Duration) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.heard_at = Some(monotonic);
    }

    pub(super) fn last_heard(&self) -> Option<Duration> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).heard_at
    }
}

/// Up to where the feed was read. Numbers that are missing below the highest one seen are looked for again until they
/// turn up or patience ends.
#[derive(Debug, Default)]
pub(super) struct FeedPosition {
    /// Every number up to this one was seen or given up.
    low: i64,
    /// Numbers above `low` that were seen.
    seen: BTreeMap<i64, ()>,
    /// When each gap was first noticed, by the number above it.
    gaps: BTreeMap<i64, Duration>,
    read_to: i64,
    started: bool,
}

impl FeedPosition {
    /// The number after which to ask next.
    pub(super) fn after(&self) -> i64 {
        self.read_to.max(self.low)
    }

    /// Those entries of a page that are new.
    pub(super) fn take_new(&mut self, page: Vec<FeedEntry>, now: Duration) -> Vec<FeedEntry> {
        let mut new = Vec::new();
        for entry in page {
            self.read_to = self.read_to.max(entry.sequence);
            if entry.sequence > self.low && self.seen.insert(entry.sequence, ()).is_none() {
                self.gaps.entry(entry.sequence).or_insert(now);
                new.push(entry);
            }
        }
        new
    }

    /// Closes a round of reading: moves `low` over what is complete or given up, and starts the next round from there.
    pub(super) fn settle(&mut self, now: Duration) {
        if !self.started {
            self.started = true;
            self.low = self.read_to.saturating_sub(LATE).max(0);
        }
        while let Some((&next, ())) = self.seen.first_key_value() {
            let complete = next <= self.low.saturating_add(1);
            let noticed = self.gaps.get(&next).copied().unwrap_or(now);
            let given_up = now.saturating_sub(noticed) > PATIENCE;
            if !complete && !given_up {
                break;
            }
            self.low = self.low.max(next);
            self.seen.remove(&next);
            self.gaps.remove(&next);
        }
        self.read_to = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sequences: &[i64]) -> Vec<FeedEntry> {
        let entry = |&sequence: &i64| FeedEntry {
            sequence,
            change: Change::Ended(TokenId(sequence)),
            until: Timestamp::from_seconds(1),
        };
        sequences.iter().map(entry).collect()
    }

    fn new(position: &mut FeedPosition, sequences: &[i64], now: u64) -> Vec<i64> {
        let now = Duration::from_secs(now);
        let visible: Vec<i64> = sequences.iter().copied().filter(|s| *s > position.after()).collect();
        let new = position.take_new(page(&visible), now);
        position.settle(now);
        new.iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn each_entry_is_taken_once() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 2, 3], 0), [1, 2, 3]);
        assert_eq!(new(&mut position, &[1, 2, 3, 4], 1), [4]);
        assert_eq!(position.after(), 4);
    }

    #[test]
    fn an_entry_that_becomes_visible_late_is_not_missed() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 2], 0), [1, 2]);
        assert_eq!(new(&mut position, &[1, 2, 4, 5], 1), [4, 5]);
        assert_eq!(new(&mut position, &[1, 2, 3, 4, 5], 2), [3]);
        assert_eq!(position.after(), 5);
    }

    #[test]
    fn nor_when_it_was_still_invisible_at_the_first_reading() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[5000, 5002], 0), [5000, 5002]);
        assert_eq!(new(&mut position, &[5000, 5001, 5002], 1), [5001]);
    }

    #[test]
    fn a_number_that_never_comes_is_given_up() {
        let mut position = FeedPosition::default();
        assert_eq!(new(&mut position, &[1, 3], 0), [1, 3]);
        assert_eq!(position.after(), 1);
        assert_eq!(new(&mut position, &[1, 3], 61), [] as [i64; 0]);
        assert_eq!(position.after(), 3);
    }

    #[test]
    fn an_owners_older_generations_are_covered_and_newer_ones_are_not() {
        let ended = Ended::default();
        ended.remember(&FeedEntry {
            sequence: 1,
            change: Change::Superseded(Subject(7), Generation(3)),
            until: Timestamp::from_seconds(10),
        });
        let session = |generation| SessionRef {
            id: TokenId(1),
            generation: Generation(generation),
            subject: Subject(7),
        };
        assert!(ended.covers(&session(2)));
        assert!(!ended.covers(&session(3)));
        ended.forget_before(Timestamp::from_seconds(10));
        assert!(!ended.covers(&session(2)));
    }
}
