//! The port of password hashes.

use async_trait::async_trait;
use auth_core::{FoldedLogin, PasswordRecord, PasswordStore, Realm, StoreError, Subject, Timestamp};

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
        Ok(replaced)
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        Ok(self.state().replace_hash(subject, old, new))
    }
}

impl State {
    fn replace_hash(&mut self, subject: Subject, old: &str, new: &str) -> bool {
        let row = self.accounts.get_mut(&subject);
        let row = row.filter(|row| row.hash.as_deref() == Some(old));
        row.map(|row| row.hash = Some(new.to_owned())).is_some()
    }
}
