//! The entries of the seals, and those that no seal has.

use super::Verdict;
use super::reading::Reading;
use crate::audit::entry::AuditRow;
use crate::audit::fault::{Fault, FaultKind};
use crate::audit::key::{LINK, first_half, same};
use crate::audit::mark::{AuditMark, MarkedEnd};
use crate::audit::seal::AuditSeal;
use crate::contract::error::StoreError;

const ROWS_AT_ONCE: u32 = 5000;

/// How many entries that no seal has named yet are remembered.
pub(super) const MOST_UNCLAIMED: usize = 100_000;

impl Reading<'_> {
    pub(super) async fn check_entries(&mut self, seal: &AuditSeal) -> Result<(), StoreError> {
        let highest = seal.listed.iter().map(|entry| entry.sequence).max();
        self.read_rows(highest.unwrap_or(i64::MIN)).await?;
        let mut before = first_half(&seal.previous);
        let mut rows = Vec::new();
        for entry in &seal.listed {
            rows.push((entry, before, self.unclaimed.remove(&entry.sequence)));
            before = entry.link;
        }
        if rows.iter().any(|(.., row)| row.is_none()) && self.is_removed(seal).await? {
            return Ok(());
        }
        for (entry, before, row) in &rows {
            let sequence = entry.sequence;
            let Some(row) = row else {
                let text = format!("entry {sequence} is missing (seal {})", seal.number);
                self.fault(Fault::of_entry(FaultKind::Missing, sequence, Some(seal.number), text));
                continue;
            };
            if same(&self.of.key.link(before, row), &entry.link) {
                continue;
            }
            let others = rows.iter().filter_map(|(.., other)| other.as_ref());
            let fault = match self.belongs_here(others, sequence, before, &entry.link) {
                Some(other) => {
                    let text = format!(
                        "entry {other} is in the place of entry {sequence} (seal {})",
                        seal.number
                    );
                    Fault::of_entry(FaultKind::Reordered, sequence, Some(seal.number), text)
                }
                None => {
                    let text = format!("entry {sequence} was changed (seal {})", seal.number);
                    Fault::of_entry(FaultKind::Changed, sequence, Some(seal.number), text)
                }
            };
            self.fault(fault);
        }
        self.refuse_too_many_unclaimed();
        Ok(())
    }

    /// The reading ends with this fault: what no seal has named yet is kept in memory.
    fn refuse_too_many_unclaimed(&mut self) {
        let first = self.unclaimed.first_key_value().map(|(sequence, _)| *sequence);
        if let Some(sequence) = first.filter(|_| self.unclaimed.len() >= MOST_UNCLAIMED) {
            let text = format!("entry {sequence} and at least {MOST_UNCLAIMED} others were added: no seal has them");
            self.fault(Fault::of_entry(FaultKind::Added, sequence, None, text));
        }
    }

    /// Another entry that says what was sealed as this one.
    fn belongs_here<'r>(
        &self,
        mut others: impl Iterator<Item = &'r AuditRow>,
        sequence: i64,
        before: &[u8; LINK],
        link: &[u8; LINK],
    ) -> Option<i64> {
        let moved = |other: &AuditRow| AuditRow {
            sequence,
            ..other.clone()
        };
        let found = others.find(|other| same(&self.of.key.link(before, &moved(other)), link));
        found.map(|other| other.sequence)
    }

    /// Whether the retention has removed this seal since it was read.
    async fn is_removed(&self, seal: &AuditSeal) -> Result<bool, StoreError> {
        let start = self.of.store.marks().await?.start;
        let genuine = |start: &AuditMark| start.check(&self.of.key, MarkedEnd::Start).is_ok();
        Ok(start.filter(genuine).is_some_and(|start| start.number >= seal.number))
    }

    async fn read_rows(&mut self, through: i64) -> Result<(), StoreError> {
        while self.read < through && self.unclaimed.len() < MOST_UNCLAIMED {
            let rows = self.of.store.rows(self.read, through, ROWS_AT_ONCE).await?;
            let full = rows.len() >= ROWS_AT_ONCE as usize;
            self.read = if full {
                rows.last().map_or(through, |row| row.sequence)
            } else {
                through
            };
            self.unclaimed.extend(rows.into_iter().map(|row| (row.sequence, row)));
        }
        Ok(())
    }

    /// What is left: entries among the sealed ones that no seal has named, and those that come after them.
    pub(super) async fn finish(mut self) -> Result<Verdict, StoreError> {
        let Some(last) = self.last.take() else {
            return self.finish_unsealed().await;
        };
        let unclaimed = std::mem::take(&mut self.unclaimed);
        let (later, added): (Vec<_>, Vec<_>) = unclaimed.into_values().partition(|row| row.is_after(&last.cursor));
        for row in added {
            let text = format!("entry {} was added: no seal has it", row.sequence);
            self.fault(Fault::of_entry(FaultKind::Added, row.sequence, None, text));
            if self.is_full() {
                return Ok(self.verdict);
            }
        }
        later.iter().for_each(|row| self.note_unsealed(row));
        self.finish_unsealed().await
    }

    pub(super) async fn finish_unsealed(mut self) -> Result<Verdict, StoreError> {
        loop {
            let rows = self.of.store.rows(self.read, i64::MAX, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else {
                return Ok(self.verdict);
            };
            self.read = last.sequence;
            rows.iter().for_each(|row| self.note_unsealed(row));
        }
    }

    fn note_unsealed(&mut self, row: &AuditRow) {
        self.verdict.unsealed += 1;
        let since = self.verdict.unsealed_since.get_or_insert(row.entry.at);
        *since = (*since).min(row.entry.at);
    }
}
