//! The port of password hashes.

use async_trait::async_trait;
use auth_core::{
    AuditEntry, AuditEvent, FoldedLogin, PasswordRecord, PasswordStore, Provenance, Realm, StoreError, Subject,
    Timestamp,
};

use crate::MemoryStore;
use crate::state::State;

#[async_trait]
impl PasswordStore for MemoryStore {
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        let state = self.state();
        let record = state.account_named(realm, login).map(|row| PasswordRecord {
            account: row.account.clone(),
            hash: row.hash.clone(),
        });
        Ok(record)
    }

    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.accounts.get_mut(&subject) else {
            return Ok(false);
        };
        row.hash = Some(hash.to_owned());
        if end_sessions {
            state.supersede(subject, now);
        }
        let entry = Provenance::current().entry(AuditEvent::PasswordSet, now);
        state.record(with_sessions(entry.subject(subject), end_sessions));
        Ok(true)
    }

    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let replaced = state.replace_hash(subject, old, new);
        if replaced && end_sessions {
            state.supersede(subject, now);
        }
        if replaced {
            let entry = Provenance::current().entry(AuditEvent::PasswordChanged, now);
            state.record(with_sessions(entry.subject(subject), end_sessions));
        }
        Ok(replaced)
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        let mut state = self.state();
        let replaced = state.replace_hash(subject, old, new);
        if replaced {
            let entry = Provenance::current().entry_now(AuditEvent::PasswordUpgraded);
            state.record(entry.subject(subject));
        }
        Ok(replaced)
    }
}

/// Says of a password's change whether it revoked the account's tokens.
fn with_sessions(entry: AuditEntry, end_sessions: bool) -> AuditEntry {
    match end_sessions {
        true => entry.detail("sessions_ended"),
        false => entry,
    }
}

impl State {
    fn replace_hash(&mut self, subject: Subject, old: &str, new: &str) -> bool {
        let row = self.accounts.get_mut(&subject);
        let row = row.filter(|row| row.hash.as_deref() == Some(old));
        row.map(|row| row.hash = Some(new.to_owned())).is_some()
    }
}
