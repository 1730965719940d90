//! The port of signing keys.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, ChangeWatch, Provenance, StoreError, Timestamp};
use keystore::{EmergencyOutcome, KeyStore, RetireOutcome, Retirement, RotateOutcome, StoredKey};

use crate::MemoryStore;
use crate::state::{State, live};

#[async_trait]
impl KeyStore for MemoryStore {
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let mut keys: Vec<StoredKey> = self.state().keys.values().cloned().collect();
        // Of equals, the map's order is that of their names.
        keys.sort_by_key(|key| key.activates_at);
        Ok(keys)
    }

    async fn insert_first(&self, key: &StoredKey) -> Result<bool, StoreError> {
        let mut state = self.state();
        let has_one = state.keys.values().any(|other| other.purpose == key.purpose);
        let adds = !has_one && !state.keys.contains_key(&key.name);
        if adds {
            state.add_key(key);
            state.record(entry_of(AuditEvent::KeyAdded, key, key.created_at));
        }
        Ok(adds)
    }

    async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> Result<RotateOutcome, StoreError> {
        let mut state = self.state();
        let stored: Vec<StoredKey> = state.keys.values().cloned().collect();
        let outcome = RotateOutcome::decide(&stored, new);
        if outcome != RotateOutcome::Rotated {
            return Ok(outcome);
        }
        let others = state.keys.values_mut().filter(|key| key.purpose == new.purpose);
        others.for_each(|key| key.retire_by(others_retire));
        state.add_key(new);
        state.record(entry_of(AuditEvent::KeyRotated, new, new.created_at));
        Ok(outcome)
    }

    async fn retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError> {
        let mut state = self.state();
        let Some(key) = state.keys.get(&retirement.name) else {
            return Ok(RetireOutcome::UnknownKey);
        };
        let of_purpose = state.keys.values().filter(|other| other.purpose == key.purpose);
        let outcome = retirement.decide(&of_purpose.cloned().collect::<Vec<_>>());
        if let RetireOutcome::Retired(key) = &outcome {
            state.add_key(key);
            state.record(entry_of(AuditEvent::KeyRetired, key, retirement.now));
        }
        Ok(outcome)
    }

    async fn emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let flavour = Some(new.purpose.flavour());
        let entry = entry_of(AuditEvent::KeysReplaced, new, now);
        Ok(self
            .state()
            .replace_keys(flavour, std::slice::from_ref(new), now, entry))
    }

    async fn replace_all(&self, replacements: &[StoredKey], now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::KeysReplaced, now).detail("all");
        Ok(self.state().replace_keys(None, replacements, now, entry))
    }

    async fn erase_retired(&self, before: Timestamp, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut state = self.state();
        let due = state.keys.values_mut().filter(|key| key.is_due_for_erasure(before));
        let erased: Vec<StoredKey> = due
            .map(|key| {
                key.sealed.clear();
                key.clone()
            })
            .collect();
        for key in &erased {
            state.record(entry_of(AuditEvent::KeyErased, key, now));
        }
        Ok(erased.into_iter().map(|key| key.name).collect())
    }

    fn watch_keys(&self) -> ChangeWatch {
        live(&self.state().notices.keys)
    }
}

/// An entry about a key: its flavour, and as the detail its name.
fn entry_of(event: AuditEvent, key: &StoredKey, at: Timestamp) -> AuditEntry {
    let entry = Provenance::current().entry(event, at);
    entry.flavour(key.purpose.flavour()).detail(&key.name)
}

impl State {
    /// Adds a key, or writes one that has changed.
    fn add_key(&mut self, key: &StoredKey) {
        self.keys.insert(key.name.clone(), key.clone());
        self.notices.keys.notify();
    }

    fn replace_keys(
        &mut self,
        flavour: Option<&str>,
        new: &[StoredKey],
        now: Timestamp,
        entry: AuditEntry,
    ) -> EmergencyOutcome {
        let stored: Vec<StoredKey> = self.keys.values().cloned().collect();
        let outcome = EmergencyOutcome::decide(&stored, flavour, new, now);
        if let EmergencyOutcome::Replaced(_) = &outcome {
            let old = self.keys.values_mut();
            old.filter(|key| EmergencyOutcome::concerns(key, flavour))
                .for_each(|key| key.retire_by(StoredKey::REVOKED));
            new.iter().for_each(|key| self.add_key(key));
            self.notices.keys.notify();
            self.record(entry);
        }
        outcome
    }
}
