//! Finding entries of the audit log. No index serves a filter: entries are read from the end, some at a time, so that none of
//! these reads takes long, however rare those are that are wanted.

use auth_core::{AuditFilter, AuditRow, AuditStore, StoreError};

/// How many entries are read at once: few at first, which is enough where most are wanted.
const FIRST: u32 = 200;
const LATER: u32 = 4000;

/// A search for entries, newest first.
pub(crate) struct AuditSearch<'a> {
    audit: &'a dyn AuditStore,
    filter: &'a AuditFilter,
    newest: Option<i64>,
    before: Option<i64>,
    read: u64,
    is_over: bool,
}

impl<'a> AuditSearch<'a> {
    /// Of entries that the filter wants; with `before`, of those with a lower number.
    pub(crate) fn new(audit: &'a dyn AuditStore, filter: &'a AuditFilter, before: Option<i64>) -> Self {
        Self {
            audit,
            filter,
            newest: None,
            before,
            read: 0,
            is_over: false,
        }
    }

    /// Reads until `wanted` entries are found, `most` are read, or none is left. `note` is called with how many were read.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn find(
        &mut self,
        wanted: usize,
        most: u64,
        note: impl Fn(u64),
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut found = Vec::new();
        // One read even where none is wanted: it says which is the newest.
        while self.read == 0 || found.len() < wanted && self.read < most {
            if self.is_over {
                break;
            }
            let rows = self.next(most - self.read).await?;
            found.extend(rows.into_iter().filter(|row| self.filter.wants(&row.entry)));
            note(self.read);
        }
        found.truncate(wanted);
        Ok(found)
    }

    async fn next(&mut self, most: u64) -> Result<Vec<AuditRow>, StoreError> {
        let at_once = if self.read == 0 { FIRST } else { LATER };
        let at_once = u32::try_from(most).map_or(at_once, |most| most.min(at_once));
        let all = AuditFilter::default();
        let rows = self.audit.find_entries(&all, self.before, at_once).await?;
        self.is_over = rows.len() < at_once as usize;
        self.newest = self.newest.or(rows.first().map(|row| row.sequence));
        self.before = rows.last().map(|row| row.sequence).or(self.before);
        self.read += rows.len() as u64;
        Ok(rows)
    }

    /// The number of the newest entry that was read.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// Where to go on if `most` were read; `None`: no entry is left.
    pub(crate) fn rest(&self) -> Option<i64> {
        self.before.filter(|_| !self.is_over)
    }
}
