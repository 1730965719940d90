//! Signing keys over a node's connection.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};
use keystore::{EmergencyOutcome, KeyStore, RetireOutcome, Retirement, RotateOutcome, StoredKey};

use super::line::Line;

/// A [`KeyStore`] over a connection with its faults.
#[derive(Debug)]
pub(super) struct KeyLine {
    pub(super) line: Arc<Line>,
    pub(super) keys: Arc<dyn KeyStore>,
}

#[async_trait]
impl KeyStore for KeyLine {
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.line.call(self.keys.keys()).await
    }

    async fn insert_first(&self, key: &StoredKey) -> Result<bool, StoreError> {
        self.line.call(self.keys.insert_first(key)).await
    }

    async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> Result<RotateOutcome, StoreError> {
        self.line.call(self.keys.rotate(new, others_retire)).await
    }

    async fn retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError> {
        self.line.call(self.keys.retire(retirement)).await
    }

    async fn emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        self.line.call(self.keys.emergency(new, now)).await
    }

    async fn replace_all(&self, replacements: &[StoredKey], now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        self.line.call(self.keys.replace_all(replacements, now)).await
    }

    async fn erase_retired(&self, before: Timestamp, now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.line.call(self.keys.erase_retired(before, now)).await
    }
}
