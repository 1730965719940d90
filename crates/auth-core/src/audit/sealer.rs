//! Chains what was committed, and removes what is old enough.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::anchor::AuditAnchor;
use super::cursor::{AuditCursor, SettledEntries};
use super::entry::AuditEntry;
use super::key::AuditKey;
use super::mark::{AuditMark, AuditMarks, MarkedEnd};
use super::seal::AuditSeal;
use super::store::{AuditStore, UnsealedEntries};
use crate::contract::clock::{CLOCK_SKEW, Clock, Timestamp};
use crate::contract::error::StoreError;

/// How many entries one seal has at most, and how many are removed in one transaction.
const PAGE: u32 = 1000;

/// How far the numbers of a chain that is begun anew are above those that are there: further than any that were removed.
const LEAP: i64 = 1_000_000_000;

/// Why nothing was sealed or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain is not as it was left. Nothing is added to it, so that nothing covers that up.
    #[error("{0}")]
    Broken(&'static str),
}

/// What one run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries it has sealed.
    pub entries: u64,
    /// Where the chain ends now, as far as this node knows.
    pub anchor: Option<AuditAnchor>,
}

/// Seals the entries of one store. One on each node: whichever comes first seals, and the others find it done.
///
/// # Contract
/// Its owner calls [`run`](Self::run) about once in [`interval`](Self::new). Until then entries are committed and not sealed
/// yet: a change of one of those is not found.
///
/// Two that seal at the same time make seals of one number, and the store takes one of them. A process that is killed
/// leaves a seal entirely or not at all.
#[derive(Debug)]
pub struct AuditSealer {
    store: Arc<dyn AuditStore>,
    key: AuditKey,
    clock: Arc<dyn Clock>,
    interval: Duration,
    /// The end that this node has seen last.
    seen: Mutex<Option<AuditMark>>,
}

impl AuditSealer {
    /// A sealer. It leaves entries to other nodes that have sealed less than half an `interval` ago.
    pub fn new(store: Arc<dyn AuditStore>, key: AuditKey, clock: Arc<dyn Clock>, interval: Duration) -> Self {
        Self {
            store,
            key,
            clock,
            interval,
            seen: Mutex::default(),
        }
    }

    /// Seals what is final and not sealed, unless that was done just now.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn run(&self) -> Result<Sealed, SealError> {
        let marks = self.store.marks().await?;
        if self.is_recent(&marks) {
            self.checked_end(&marks).await?;
            let anchor = marks.end.as_ref().map(AuditAnchor::of);
            return Ok(Sealed { entries: 0, anchor });
        }
        self.run_now().await
    }

    /// Seals what is final and not sealed, for a node that stops.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn run_now(&self) -> Result<Sealed, SealError> {
        let mut done = Sealed::default();
        loop {
            let marks = self.store.marks().await?;
            let end = self.checked_end(&marks).await?;
            done.anchor = marks.end.as_ref().map(AuditAnchor::of);
            let page = self.store.settled(&end.cursor, PAGE).await?;
            if page.rows.is_empty() {
                return Ok(done);
            }
            let now = self.clock.now();
            let seal = AuditSeal::of(&self.key, &end, &page, now);
            let mark = AuditMark::of(&self.key, MarkedEnd::End, &seal, now);
            let first = marks.start.is_none().then_some(&end);
            if !self.store.seal(&seal, &mark, first).await? {
                // Another node was first. What it has left is for the next run.
                return Ok(done);
            }
            self.remember(mark);
            done.entries += page.rows.len() as u64;
            done.anchor = Some(AuditAnchor::of(&mark));
            if page.rows.len() < PAGE as usize / 2 {
                return Ok(done);
            }
        }
    }

    /// Goes on with the chain of a store whose entries, seals and marks were copied from another one, where positions were
    /// others. Nobody else may use the store yet.
    ///
    /// A store without a chain is left alone: its first server seals everything.
    ///
    /// # Errors
    /// [`SealError`]. It may be called again, and goes on where it stopped.
    pub async fn take_over(&self, copied: &dyn UnsealedEntries) -> Result<(), SealError> {
        loop {
            let marks = self.store.marks().await?;
            let end = self.checked_end(&marks).await?;
            if marks.end.is_none() {
                return Ok(());
            }
            let rows = copied.unsealed(end.cursor.floor, PAGE).await?;
            let last = rows.last().map(|row| row.sequence);
            let anew = AuditCursor::begun_anew(end.cursor.highest.max(last.unwrap_or(0)));
            if rows.is_empty() && end.cursor == anew {
                return Ok(());
            }
            let cursor = AuditCursor {
                floor: last.unwrap_or(anew.floor),
                ..anew
            };
            let page = SettledEntries { rows, cursor };
            let now = self.clock.now();
            let seal = AuditSeal::of(&self.key, &end, &page, now);
            let mark = AuditMark::of(&self.key, MarkedEnd::End, &seal, now);
            if !self.store.seal(&seal, &mark, None).await? {
                return Err(SealError::Broken("another process seals at the same time"));
            }
        }
    }

    /// Removes seals that were made before `before`, oldest first, with their entries, in one transaction of at most a
    /// thousand entries. Answers how many entries it removed. The last seal is kept.
    ///
    /// # Errors
    /// [`SealError`]. Seals that were tampered with are not removed.
    pub async fn purge(&self, before: Timestamp) -> Result<u64, SealError> {
        let marks = self.store.marks().await?;
        let (Some(start), Some(end)) = (marks.start, marks.end) else {
            return Ok(0);
        };
        self.check_start(&start)?;
        self.checked_end(&marks).await?;
        let seals = self.store.seals(start.number, PAGE).await?;
        let (mut sequences, mut last) = (Vec::new(), None);
        let (mut number, mut hash) = (start.number, start.mac);
        for seal in seals
            .iter()
            .take_while(|seal| seal.number < end.number && seal.at < before)
        {
            let follows = seal.number == number + 1 && seal.previous == hash;
            if !follows || !seal.is_genuine(&self.key) {
                return Err(SealError::Broken(
                    "a seal that is old enough to be removed is not what was made",
                ));
            }
            if !sequences.is_empty() && sequences.len() + seal.listed.len() > PAGE as usize {
                break;
            }
            sequences.extend(seal.listed.iter().map(|entry| entry.sequence));
            (number, hash, last) = (seal.number, seal.mac, Some(seal));
        }
        let Some(last) = last else {
            return Ok(0);
        };
        let to = AuditMark::of(&self.key, MarkedEnd::Start, last, self.clock.now());
        match self.store.forget(&sequences, start.number, &to).await? {
            true => Ok(sequences.len() as u64),
            false => Ok(0),
        }
    }

    /// Begins the chain anew over all entries that are there, for a chain that is broken and was looked into. Its seals get
    /// numbers above all that there were, so that servers accept it, and anchors of the old one do not fit by chance.
    ///
    /// # Errors
    /// [`SealError::Store`].
    ///
    /// # Security
    /// What was tampered with counts as genuine from here on.
    pub async fn restart(&self, entry: AuditEntry) -> Result<AuditAnchor, SealError> {
        let marks = self.store.marks().await?;
        let ends = [marks.start, marks.end].into_iter().flatten();
        let marked = ends.map(|mark| mark.number).max().unwrap_or_default();
        let highest = marked.max(self.highest_seal().await?).clamp(0, i64::MAX / 2);
        let now = self.clock.now();
        let mark = |which| AuditMark::empty(&self.key, which, highest + LEAP, now);
        let (start, end) = (mark(MarkedEnd::Start), mark(MarkedEnd::End));
        self.store.restart(entry, &start, &end).await?;
        Ok(AuditAnchor::of(&end))
    }

    /// The number of the last seal, found by halves.
    async fn highest_seal(&self) -> Result<i64, StoreError> {
        let (mut there, mut not_there) = (0, i64::MAX / 2);
        while there + 1 < not_there {
            let middle = there + (not_there - there) / 2;
            match self.store.has_seal_after(middle - 1).await? {
                true => there = middle,
                false => not_there = middle,
            }
        }
        Ok(there)
    }

    /// The end of the chain, if it is as this node has seen it or later.
    async fn checked_end(&self, marks: &AuditMarks) -> Result<AuditMark, SealError> {
        let Some(end) = marks.end else {
            return match self.end_was_removed(marks).await? {
                true => Err(SealError::Broken("the end of the chain was removed")),
                false => Ok(AuditMark::empty(&self.key, MarkedEnd::Start, 0, self.clock.now())),
            };
        };
        if end.check(&self.key, MarkedEnd::End).is_err() {
            return Err(SealError::Broken(
                "the end of the chain is not signed with this master key",
            ));
        }
        let Some(start) = marks.start else {
            return Err(SealError::Broken("the start of the chain was removed"));
        };
        self.check_start(&start)?;
        let set_back =
            |seen: &AuditMark| end.number < seen.number || (end.number == seen.number && end.mac != seen.mac);
        if self.seen().as_ref().is_some_and(set_back) {
            return Err(SealError::Broken("the end of the chain was set back"));
        }
        self.remember(end);
        Ok(end)
    }

    /// Whether a chain without an end has ever had one. A seal is stored together with its end, so where there is a seal
    /// that another node made since `marks` were read, there is an end by now.
    async fn end_was_removed(&self, marks: &AuditMarks) -> Result<bool, StoreError> {
        let was_there = self.seen().is_some() || marks.start.is_some();
        Ok(was_there || self.store.has_seal_after(i64::MIN).await? && self.store.marks().await?.end.is_none())
    }

    fn check_start(&self, start: &AuditMark) -> Result<(), SealError> {
        let signed = start.check(&self.key, MarkedEnd::Start);
        signed.map_err(|_| SealError::Broken("the start of the chain is not signed with this master key"))
    }

    /// Whether another node has sealed just now. A mark from the future is no reason to wait for it.
    fn is_recent(&self, marks: &AuditMarks) -> bool {
        let (now, half) = (self.clock.now(), self.interval / 2);
        let at = marks.end.map(|end| end.at);
        at.is_some_and(|at| now.since(at) < half && at.since(now) <= CLOCK_SKEW)
    }

    fn seen(&self) -> Option<AuditMark> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, end: AuditMark) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }
}
