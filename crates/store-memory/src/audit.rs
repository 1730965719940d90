//! The port of the audit log.

use std::collections::BTreeMap;

use async_trait::async_trait;
use auth_core::{
    AuditCursor, AuditEntry, AuditFilter, AuditMark, AuditMarks, AuditRow, AuditSeal, AuditStore, SettledEntries,
    StoreError,
};

use crate::MemoryStore;
use crate::state::State;

/// The entries and the chain over them.
#[derive(Default)]
pub(crate) struct Log {
    entries: BTreeMap<i64, AuditEntry>,
    /// The highest number ever given out.
    last: i64,
    seals: BTreeMap<i64, AuditSeal>,
    marks: AuditMarks,
}

impl State {
    /// Writes an entry, in the operation that it describes.
    pub(crate) fn record(&mut self, entry: AuditEntry) {
        self.log.last += 1;
        self.log.entries.insert(self.log.last, entry);
    }
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let mut state = self.state();
        entries.iter().for_each(|entry| state.record(entry.clone()));
        Ok(())
    }

    async fn settled(&self, after: &AuditCursor, limit: u32) -> Result<SettledEntries, StoreError> {
        let state = self.state();
        let later = state
            .log
            .entries
            .range(after.settled.max(after.floor.saturating_add(1))..);
        let rows: Vec<AuditRow> = later.take(limit as usize).map(row).collect();
        let last = rows.last().map(|row| row.sequence);
        let cursor = AuditCursor {
            settled: last.map_or(after.settled, |last| last + 1),
            floor: after.floor,
            highest: last.unwrap_or(after.highest),
        };
        Ok(SettledEntries { rows, cursor })
    }

    async fn marks(&self) -> Result<AuditMarks, StoreError> {
        Ok(self.state().log.marks)
    }

    async fn seal(&self, seal: &AuditSeal, end: &AuditMark, start: Option<&AuditMark>) -> Result<bool, StoreError> {
        let log = &mut self.state().log;
        let is_next = start.is_some() || log.marks.end.is_some_and(|end| end.number == seal.number - 1);
        if !is_next || log.seals.contains_key(&seal.number) {
            return Ok(false);
        }
        log.seals.insert(seal.number, seal.clone());
        log.marks.end = Some(*end);
        log.marks.start = start.copied().or(log.marks.start);
        Ok(true)
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        let state = self.state();
        let later = state.log.seals.range(after.saturating_add(1)..);
        Ok(later.take(limit as usize).map(|(_, seal)| seal.clone()).collect())
    }

    async fn has_seal_after(&self, number: i64) -> Result<bool, StoreError> {
        Ok(!self.seals(number, 1).await?.is_empty())
    }

    async fn rows(&self, after: i64, through: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let state = self.state();
        let later = state.log.entries.range(after.saturating_add(1)..);
        let rows = later.map(row).take_while(|row| row.sequence <= through);
        Ok(rows.take(limit as usize).collect())
    }

    async fn find_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let state = self.state();
        let earlier = state.log.entries.range(..before.unwrap_or(i64::MAX));
        let wanted = earlier.rev().filter(|(_, entry)| filter.wants(entry));
        Ok(wanted.take(limit as usize).map(row).collect())
    }

    async fn forget(&self, sequences: &[i64], from: i64, to: &AuditMark) -> Result<bool, StoreError> {
        let log = &mut self.state().log;
        if log.marks.start.is_none_or(|start| start.number != from) {
            return Ok(false);
        }
        log.marks.start = Some(*to);
        log.seals.retain(|number, _| *number > to.number);
        log.entries.retain(|sequence, _| !sequences.contains(sequence));
        Ok(true)
    }

    async fn restart(&self, entry: AuditEntry, start: &AuditMark, end: &AuditMark) -> Result<(), StoreError> {
        let mut state = self.state();
        state.log.seals.clear();
        state.log.marks = AuditMarks {
            start: Some(*start),
            end: Some(*end),
        };
        state.record(entry);
        Ok(())
    }
}

fn row((sequence, entry): (&i64, &AuditEntry)) -> AuditRow {
    AuditRow {
        sequence: *sequence,
        position: *sequence,
        entry: entry.clone(),
    }
}
