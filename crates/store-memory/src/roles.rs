//! The port of roles.

use async_trait::async_trait;
use auth_core::{AuditEvent, Change, Provenance, Realm, Scopes, StoreError, Timestamp};
use permissions::{Role, RoleName, RoleStore, read_list, write_list};

use crate::MemoryStore;

#[async_trait]
impl RoleStore for MemoryStore {
    async fn permissions_of(&self, realm: &Realm, role: &str) -> Result<Scopes, StoreError> {
        Ok(self.state().permissions_of(realm, role))
    }

    async fn find(&self, realm: &Realm, role: &str) -> Result<Option<Role>, StoreError> {
        let state = self.state();
        let Some(stored) = state.roles.get(&(realm.clone(), role.to_owned())) else {
            return Ok(None);
        };
        let read = RoleName::parse(role).ok().zip(read_list(stored));
        let (name, permissions) = read.ok_or_else(|| StoreError::Corrupt("a role cannot be read".to_owned()))?;
        let realm = realm.clone();
        Ok(Some(Role {
            realm,
            name,
            permissions,
        }))
    }

    async fn put(&self, role: &Role, now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state();
        let name = (role.realm.clone(), role.name.as_str().to_owned());
        state.roles.insert(name, write_list(&role.permissions));
        state.publish_change_for_a_day(Change::AllRights, now);
        let entry = Provenance::current().entry(AuditEvent::RolePut, now);
        state.record(entry.realm(&role.realm).detail(role.name.as_str()));
        Ok(())
    }
}
