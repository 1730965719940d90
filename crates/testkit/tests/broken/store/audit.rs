//! What can be wrong with the audit log.

use async_trait::async_trait;
use auth_core::{
    AuditCursor, AuditEntry, AuditFilter, AuditMark, AuditMarks, AuditRow, AuditSeal, AuditStore, SettledEntries,
    StoreError,
};

use super::{BrokenStore, Flaw};

impl BrokenStore {
    /// The entries as a store with this flaw would have written them.
    fn as_written(&self, mut rows: Vec<AuditRow>) -> Vec<AuditRow> {
        let without = |event: &'static str| move |row: &AuditRow| row.entry.event != event;
        match self.flaw {
            Flaw::IssuesWithoutEntry => rows.retain(without("token_issued")),
            Flaw::ResourceServersWithoutEntry => rows.retain(without("resource_server_audience_set")),
            Flaw::PasswordsWithoutEntry => rows.retain(without("password_changed")),
            Flaw::RevokesWithoutReason => rows.iter_mut().for_each(|row| row.entry.detail = None),
            Flaw::EntriesOfNobody => rows.iter_mut().for_each(|row| row.entry.actor = "server".into()),
            Flaw::EntriesHaveHashes => {
                let password = self.seen().password.clone();
                let set = rows.iter_mut().filter(|row| row.entry.event == "password_set");
                set.for_each(|row| row.entry.detail = Some(password.clone()));
            }
            Flaw::RotatesConsumersTwiceInTheLog => {
                let twice = |row: AuditRow| match &*row.entry.event {
                    "consumer_rotated" => vec![row.clone(), row],
                    _ => vec![row],
                };
                rows = rows.into_iter().flat_map(twice).collect();
            }
            _ => {}
        }
        rows
    }
}

#[async_trait]
impl AuditStore for BrokenStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.inner.append(entries).await
    }

    async fn settled(&self, after: &AuditCursor, limit: u32) -> Result<SettledEntries, StoreError> {
        let floor = if self.has(Flaw::ForgetsTheFloor) {
            0
        } else {
            after.floor
        };
        let mut page = self.inner.settled(&AuditCursor { floor, ..*after }, limit).await?;
        if self.has(Flaw::SettlesAPageTwice) && after.settled == 0 && !page.rows.is_empty() {
            // The cursor stays, as of a store that reads by numbers which become visible late.
            page.cursor.settled = 1;
        }
        Ok(page)
    }

    async fn marks(&self) -> Result<AuditMarks, StoreError> {
        self.inner.marks().await
    }

    async fn seal(&self, seal: &AuditSeal, end: &AuditMark, start: Option<&AuditMark>) -> Result<bool, StoreError> {
        let sealed = self.inner.seal(seal, end, start).await?;
        Ok(sealed || self.has(Flaw::SealsOverSeals))
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        self.inner.seals(after, limit).await
    }

    async fn has_seal_after(&self, number: i64) -> Result<bool, StoreError> {
        self.inner.has_seal_after(number).await
    }

    async fn rows(&self, after: i64, through: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.rows(after, through, limit).await
    }

    async fn find_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut filter = filter.clone();
        if self.has(Flaw::FindsEntriesOfAnyEvent) {
            filter.event = None;
        }
        Ok(self.as_written(self.inner.find_entries(&filter, before, limit).await?))
    }

    async fn forget(&self, sequences: &[i64], from: i64, to: &AuditMark) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::ForgetsEntriesOnly => {
                let start = self.inner.marks().await?.start;
                let Some(start) = start else { return Ok(false) };
                self.inner.forget(sequences, from, &start).await
            }
            _ => self.inner.forget(sequences, from, to).await,
        }
    }

    async fn restart(&self, entry: AuditEntry, start: &AuditMark, end: &AuditMark) -> Result<(), StoreError> {
        match self.flaw {
            Flaw::RestartsWithoutEntry => Ok(()),
            _ => self.inner.restart(entry, start, end).await,
        }
    }
}
