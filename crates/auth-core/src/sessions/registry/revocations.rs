//! The revocations that still matter: sessions by id, and the oldest valid generation of each owner.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::Numbered;
use crate::contract::account::{Generation, Subject};
use crate::contract::clock::Timestamp;
use crate::contract::token::{SessionRef, TokenId};
use crate::contract::token_store::{Change, FeedEntry};

#[derive(Debug, Default)]
pub(super) struct Revocations(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    /// Revoked tokens and sessions, and until when to remember each; `None` until the feed has said so.
    tokens: Numbered<TokenId, Option<Timestamp>>,
    /// The first generation of each owner that is still valid, and until when to remember it.
    subjects: Numbered<Subject, (Generation, Timestamp)>,
    /// When the feed was last read to its end, by the monotonic clock.
    read_at: Option<Duration>,
    /// Whether the feed was replaced, and has not been read to its end since.
    starting_anew: bool,
}

/// What a check needs to know, all of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether it is revoked.
    pub(super) revoked: bool,
    /// When the feed was last read to its end; `None`: never.
    pub(super) read_at: Option<Duration>,
    /// Whether the revocations of a feed that was replaced are gone, and those of the new one not all here.
    pub(super) starting_anew: bool,
}

impl Revocations {
    /// Whether one of the sessions is revoked, or its owner has a newer generation, and how far that can be relied on.
    pub(super) fn look(&self, sessions: impl IntoIterator<Item = SessionRef>) -> Look {
        let state = self.read();
        Look {
            revoked: sessions.into_iter().any(|session| state.contains(&session)),
            read_at: state.read_at,
            starting_anew: state.starting_anew,
        }
    }

    /// Forgets everything: the feed is another. Until it was read to its end, every look says so.
    pub(super) fn start_anew(&self) {
        *self.write() = State {
            starting_anew: true,
            ..State::default()
        };
    }

    /// Adds an entry of the feed, if it revokes something.
    pub(super) fn add(&self, entry: &FeedEntry) {
        let mut state = self.write();
        match entry.change {
            Change::Ended(id) => {
                state.tokens.insert(id, Some(entry.until));
            }
            Change::Superseded(subject, generation) => {
                let newest = state.subjects.entry(subject).or_insert((generation, entry.until));
                *newest = (newest.0.max(generation), newest.1.max(entry.until));
            }
            Change::SubjectRights(_) | Change::AllRights | Change::Imported | Change::Unreadable => {}
        }
    }

    /// Adds a token that this node revoked itself, before its entry was read in the feed. The entry then says until when
    /// to remember it.
    pub(super) fn add_token(&self, id: TokenId) {
        self.write().tokens.entry(id).or_insert(None);
    }

    /// Adds a token that this node found revoked, perhaps before its entry was read in the feed.
    pub(super) fn add_found(&self, id: TokenId, until: Timestamp) {
        self.write().tokens.entry(id).or_insert(Some(until));
    }

    /// Forgets revocations that could matter until `before` at most.
    pub(super) fn forget_before(&self, before: Timestamp) {
        let mut state = self.write();
        state.tokens.retain(|_, until| until.is_none_or(|until| until > before));
        state.subjects.retain(|_, (_, until)| *until > before);
    }

    /// Notes that the feed was read to its end. Whether it was another feed than before.
    pub(super) fn set_read_at(&self, monotonic: Duration) -> bool {
        let mut state = self.write();
        state.read_at = Some(monotonic);
        std::mem::take(&mut state.starting_anew)
    }

    /// How many revoked tokens and sessions are remembered, and how many owners with a newer generation.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let state = self.read();
        (state.tokens.len(), state.subjects.len())
    }

    /// When the feed was last read to its end; `None`: never.
    pub(super) fn read_at(&self) -> Option<Duration> {
        self.read().read_at
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn contains(&self, session: &SessionRef) -> bool {
        let newest = self.subjects.get(&session.subject);
        self.tokens.contains_key(&session.id) || newest.is_some_and(|(generation, _)| session.generation < *generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owners_older_generations_are_revoked_and_newer_ones_are_not() {
        let revocations = Revocations::default();
        revocations.add(&FeedEntry {
            sequence: 1,
            change: Change::Superseded(Subject(7), Generation(3)),
            until: Timestamp::from_seconds(10),
        });
        let session = |generation| SessionRef {
            id: TokenId(1),
            generation: Generation(generation),
            subject: Subject(7),
        };
        assert!(revocations.look([session(2)]).revoked);
        assert!(!revocations.look([session(3)]).revoked);
        revocations.forget_before(Timestamp::from_seconds(10));
        assert!(!revocations.look([session(2)]).revoked);
    }
}
