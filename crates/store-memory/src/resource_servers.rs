//! The port of resource servers.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, ChangeWatch, Provenance, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Audience, PreviousSecret, ResourceServer, ResourceServerStore, SecretRotation};

use crate::MemoryStore;
use crate::state::{State, live};

#[async_trait]
impl ResourceServerStore for MemoryStore {
    async fn resource_servers(&self) -> Result<Vec<ResourceServer>, StoreError> {
        Ok(self.state().resource_servers.values().cloned().collect())
    }

    async fn put_resource_server(
        &self,
        id: &str,
        secret: &TokenDigest,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let before = state.resource_servers.get(id);
        let new = ResourceServer {
            id: id.to_owned(),
            secret: *secret,
            previous: None,
            disabled: false,
            audience: audience.clone(),
            created_at: before.map_or(now, |before| before.created_at),
        };
        state.resource_servers.insert(id.to_owned(), new);
        let entry = Provenance::current().entry(AuditEvent::ResourceServerPut, now);
        state.note(entry.detail(id));
        Ok(())
    }

    async fn rotate_resource_server(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        let mut state = self.state();
        let overlaps = |one: &ResourceServer| one.previous.is_some_and(|previous| rotation.now < previous.until);
        let row = state.resource_servers.get_mut(&rotation.key);
        let Some(row) = row.filter(|row| row.secret == rotation.from && !overlaps(row)) else {
            return Ok(false);
        };
        row.previous = Some(PreviousSecret {
            digest: row.secret,
            until: rotation.previous_until,
        });
        row.secret = rotation.to;
        let entry = Provenance::current().entry(AuditEvent::ResourceServerRotated, rotation.now);
        state.note(entry.detail(&rotation.key));
        Ok(true)
    }

    async fn set_audience(&self, id: &str, audience: &Audience) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.resource_servers.get_mut(id) else {
            return Ok(false);
        };
        row.audience = audience.clone();
        let entry = Provenance::current().entry_now(AuditEvent::ResourceServerAudienceSet);
        state.note(entry.detail(id));
        Ok(true)
    }

    async fn set_resource_server_disabled(&self, id: &str, disabled: bool) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.resource_servers.get_mut(id) else {
            return Ok(false);
        };
        row.disabled = disabled;
        let event = match disabled {
            true => AuditEvent::ResourceServerDisabled,
            false => AuditEvent::ResourceServerEnabled,
        };
        state.note(Provenance::current().entry_now(event).detail(id));
        Ok(true)
    }

    fn watch_resource_servers(&self) -> ChangeWatch {
        live(&self.state().notices.resource_servers)
    }
}

impl State {
    /// Writes the entry of a resource server's change, and wakes who watches for it.
    fn note(&mut self, entry: AuditEntry) {
        self.record(entry);
        self.notices.resource_servers.notify();
    }
}
