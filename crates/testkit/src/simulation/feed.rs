//! Which entries of the feed cannot be read yet.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use auth_core::FeedState;

/// Which entries of the feed cannot be read yet. A database gives out numbers before it makes the rows visible, so an
/// entry may appear after later ones. It is there when the change is acknowledged. Until then its transaction is open, and
/// the feed says so.
#[derive(Debug, Default)]
pub(super) struct Feed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    hidden: BTreeSet<i64>,
    highest: i64,
    /// The transactions that have published something and are not over.
    open: BTreeSet<i64>,
    /// How many transactions were begun.
    begun: i64,
}

impl Feed {
    /// The highest number that was given out.
    pub(super) fn highest(&self) -> i64 {
        self.state().highest
    }

    /// Notes these new entries, and hides them, if they are late, until the guard is dropped.
    pub(super) fn hide(&self, new: &[i64], late: bool) -> Late<'_> {
        let mut state = self.state();
        state.highest = new.last().copied().unwrap_or(state.highest);
        if !late || new.is_empty() {
            return Late {
                feed: self,
                transaction: 0,
                hidden: Vec::new(),
            };
        }
        state.begun += 1;
        let transaction = state.begun;
        state.open.insert(transaction);
        state.hidden.extend(new);
        Late {
            feed: self,
            transaction,
            hidden: new.to_vec(),
        }
    }

    pub(super) fn is_visible(&self, sequence: i64) -> bool {
        !self.state().hidden.contains(&sequence)
    }

    /// Whether some entry cannot be read yet.
    pub(super) fn is_behind(&self) -> bool {
        !self.state().hidden.is_empty()
    }

    /// What the feed says of itself while these transactions are open.
    pub(super) fn with_open(&self, of_store: FeedState) -> FeedState {
        let state = self.state();
        let next = state.begun + 1;
        FeedState {
            begun: next,
            finished: state.open.first().copied().unwrap_or(next),
            ..of_store
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction that is open.
pub(super) struct Late<'a> {
    feed: &'a Feed,
    transaction: i64,
    hidden: Vec<i64>,
}

impl Late<'_> {
    /// How many entries are hidden by it.
    pub(super) fn count(&self) -> usize {
        self.hidden.len()
    }
}

impl Drop for Late<'_> {
    fn drop(&mut self) {
        let mut state = self.feed.state();
        state.open.remove(&self.transaction);
        self.hidden.iter().for_each(|number| {
            state.hidden.remove(number);
        });
    }
}
