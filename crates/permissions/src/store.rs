//! The port of roles.

use std::fmt;

use async_trait::async_trait;
use auth_core::{Realm, Scopes, StoreError, Timestamp};

use crate::role::Role;

/// Roles as stored. Each method is one atomic operation.
#[async_trait]
pub trait RoleStore: fmt::Debug + Send + Sync + 'static {
    /// What holders of this role may do; nothing for a role that does not exist or whose row is damaged.
    ///
    /// # Errors
    /// When the store fails.
    async fn permissions_of(&self, realm: &Realm, role: &str) -> Result<Scopes, StoreError>;

    /// The role with this name, for administration.
    ///
    /// # Errors
    /// When the store fails, or the role's row is damaged.
    async fn find(&self, realm: &Realm, role: &str) -> Result<Option<Role>, StoreError>;

    /// All roles, or those of one realm, in the order of realm and name, byte by byte. An operator makes each, so there are few.
    ///
    /// # Errors
    /// When the store fails, or the row of a role is damaged.
    async fn roles(&self, realm: Option<&Realm>) -> Result<Vec<Role>, StoreError>;

    /// Creates a role, and publishes that as [`put`](Self::put) does, in one operation. `Ok(false)` if the realm has a role of this
    /// name; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn create(&self, role: &Role, now: Timestamp) -> Result<bool, StoreError>;

    /// Creates a role or replaces its permissions, and publishes that in the feed ([`auth_core::Change::AllRights`]), in one
    /// operation.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put(&self, role: &Role, now: Timestamp) -> Result<(), StoreError>;
}
