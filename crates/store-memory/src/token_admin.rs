//! The port of token administration.

use async_trait::async_trait;
use auth_core::{
    AuditEvent, Change, Generation, Provenance, StoreError, Subject, Timestamp, TokenAdminStore, TokenId, TokenSummary,
};

use crate::MemoryStore;
use crate::state::TokenRow;

/// More generations than any account ever has.
const LEAP: i64 = 1_000_000;

#[async_trait]
impl TokenAdminStore for MemoryStore {
    async fn tokens_of(
        &self,
        subject: Subject,
        before: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenSummary>, StoreError> {
        let state = self.state();
        let lower = state
            .tokens
            .values()
            .rev()
            .filter(|row| before.is_none_or(|before| row.record.id < before));
        let live = lower.filter(|row| row.record.subject == subject && state.is_live(row));
        Ok(live.take(limit as usize).map(summary).collect())
    }

    async fn end_sessions(&self, subject: Subject, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let found = state.accounts.contains_key(&subject);
        state.supersede(subject, now);
        if found {
            let entry = Provenance::current().entry(AuditEvent::SessionsEnded, now);
            state.record(entry.subject(subject));
        }
        Ok(found)
    }

    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let unrevoked = state.tokens.values().filter(|row| row.revoked_at.is_none());
        let revoked = unrevoked.count() as u64;
        state
            .tokens
            .values_mut()
            .for_each(|row| row.revoked_at = row.revoked_at.or(Some(now)));
        for row in state.accounts.values_mut() {
            row.account.generation = Generation(row.account.generation.0 + LEAP);
            row.generation_since = now;
        }
        state.publish_change_for_a_day(Change::AllRights, now);
        let entry = Provenance::current().entry(AuditEvent::AllSessionsEnded, now);
        state.record(entry.detail(&format!("{revoked} revoked")));
        Ok(revoked)
    }
}

fn summary(row: &TokenRow) -> TokenSummary {
    let record = &row.record;
    TokenSummary {
        id: record.id,
        parent: record.parent,
        line: row.line,
        made_from: row.made_from,
        flavour: record.flavour.clone(),
        label: row.label.clone(),
        issued_at: record.issued_at,
        expires_at: record.expires_at,
        ends_at: row.ends_at(),
        last_used_at: row.last_used,
    }
}
