//! The port of roles.

use async_trait::async_trait;
use auth_core::{AuditEvent, Change, Provenance, Realm, Scopes, StoreError, Timestamp};
use permissions::{Role, RoleName, RoleStore, read_list, write_list};

use crate::MemoryStore;
use crate::state::State;

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
        read(realm, role, stored).map(Some)
    }

    async fn roles(&self, realm: Option<&Realm>) -> Result<Vec<Role>, StoreError> {
        let state = self.state();
        let wanted = state
            .roles
            .iter()
            .filter(|((of, _), _)| realm.is_none_or(|realm| realm == of));
        wanted
            .map(|((realm, name), stored)| read(realm, name, stored))
            .collect()
    }

    async fn create(&self, role: &Role, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_new = !state.roles.contains_key(&key(role));
        if is_new {
            put(&mut state, role, now);
        }
        Ok(is_new)
    }

    async fn put(&self, role: &Role, now: Timestamp) -> Result<(), StoreError> {
        put(&mut self.state(), role, now);
        Ok(())
    }
}

fn key(role: &Role) -> (Realm, String) {
    (role.realm.clone(), role.name.as_str().to_owned())
}

fn put(state: &mut State, role: &Role, now: Timestamp) {
    state.roles.insert(key(role), write_list(&role.permissions));
    state.publish_change_for_a_day(Change::AllRights, now);
    let entry = Provenance::current().entry(AuditEvent::RolePut, now);
    state.record(entry.realm(&role.realm).detail(&role.summary()));
}

fn read(realm: &Realm, name: &str, stored: &str) -> Result<Role, StoreError> {
    let read = RoleName::parse(name).ok().zip(read_list(stored));
    let (name, permissions) = read.ok_or_else(|| StoreError::Corrupt("a role cannot be read".to_owned()))?;
    let realm = realm.clone();
    Ok(Role {
        realm,
        name,
        permissions,
    })
}
