//! Password hashes, with the number of look-ups.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use auth_core::{FoldedLogin, PasswordRecord, PasswordStore, Realm, StoreError, Subject, Timestamp};

#[derive(Debug)]
pub(super) struct CountedLookUps {
    store: Arc<dyn PasswordStore>,
    number: AtomicU64,
}

impl CountedLookUps {
    pub(super) fn new(store: Arc<dyn PasswordStore>) -> Self {
        let number = AtomicU64::new(0);
        Self { store, number }
    }

    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl PasswordStore for CountedLookUps {
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.store.find(realm, login).await
    }

    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, now: Timestamp) -> Result<bool, StoreError> {
        self.store.set(subject, hash, end_sessions, now).await
    }

    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store.change(subject, old, new, end_sessions, now).await
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        self.store.upgrade(subject, old, new).await
    }
}
