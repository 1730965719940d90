//! Rows of the feed.

use auth_core::{Change, FeedEntry, Generation, Subject, Timestamp, TokenId};
use diesel::prelude::*;

use crate::schema::feed;

/// A change as read. Nothing but its number is relied on: a damaged row must not keep the others from being read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = feed)]
pub(crate) struct FeedRow {
    sequence: i64,
    #[diesel(select_expression = feed::kind.nullable())]
    kind: Option<String>,
    token_id: Option<i64>,
    subject: Option<i64>,
    generation: Option<i64>,
    #[diesel(select_expression = feed::until.nullable())]
    until: Option<i64>,
}

impl FeedRow {
    /// The entry.
    pub(crate) fn into_entry(self) -> FeedEntry {
        FeedEntry {
            sequence: self.sequence,
            change: self.change().unwrap_or(Change::Unreadable),
            until: Timestamp::from_millis(self.until.unwrap_or(i64::MAX)),
        }
    }

    /// `None`: it cannot be read.
    fn change(&self) -> Option<Change> {
        self.until?;
        let subject = self.subject.map(Subject);
        match self.kind.as_deref()? {
            ENDED => self.token_id.map(|id| Change::Ended(TokenId(id))),
            SUPERSEDED => Some(Change::Superseded(subject?, Generation(self.generation?))),
            SUBJECT_RIGHTS => Some(Change::SubjectRights(subject?)),
            ALL_RIGHTS => Some(Change::AllRights),
            IMPORTED => Some(Change::Imported),
            _ => None,
        }
    }
}

const ENDED: &str = "ended";
const SUPERSEDED: &str = "superseded";
const SUBJECT_RIGHTS: &str = "subject_rights";
const ALL_RIGHTS: &str = "all_rights";
const IMPORTED: &str = "imported";

/// A change as written.
#[derive(Insertable)]
#[diesel(table_name = feed)]
pub(crate) struct NewFeedRow {
    kind: &'static str,
    token_id: Option<i64>,
    subject: Option<i64>,
    generation: Option<i64>,
    until: i64,
    at: i64,
}

impl NewFeedRow {
    pub(crate) fn new(change: Change, until: Timestamp, at: Timestamp) -> Self {
        let (kind, token_id, subject, generation) = match change {
            Change::Ended(id) => (ENDED, Some(id.0), None, None),
            Change::Superseded(subject, generation) => (SUPERSEDED, None, Some(subject.0), Some(generation.0)),
            Change::SubjectRights(subject) => (SUBJECT_RIGHTS, None, Some(subject.0), None),
            Change::Imported => (IMPORTED, None, None, None),
            // `Change` may grow; a kind that this version cannot write is written as the one that covers all.
            _ => (ALL_RIGHTS, None, None, None),
        };
        Self {
            kind,
            token_id,
            subject,
            generation,
            until: until.as_millis(),
            at: at.as_millis(),
        }
    }
}
