//! All ports of one store, and what else a law about stores can use.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    AccountStore, AuditStore, ImportStore, ImportedTokenStore, PasswordStore, Realm, Timestamp, TokenAdminStore,
    TokenId, TokenStore,
};
use consumer_auth::{ConsumerStore, ResourceServerStore};
use keystore::KeyStore;
use permissions::RoleStore;
use store_memory::MemoryStore;

use crate::law::{Supported, Unsupported};

/// The ports of one store.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Tokens, sessions and the feed of changes.
    pub tokens: Arc<dyn TokenStore>,
    /// Lists of tokens, for administrators.
    pub token_admin: Arc<dyn TokenAdminStore>,
    /// Accounts and clients.
    pub accounts: Arc<dyn AccountStore>,
    /// What another system had, taken over.
    pub imports: Arc<dyn ImportStore>,
    /// Its tokens, looked up.
    pub imported_tokens: Arc<dyn ImportedTokenStore>,
    /// Password hashes.
    pub passwords: Arc<dyn PasswordStore>,
    /// Roles.
    pub roles: Arc<dyn RoleStore>,
    /// Organisations, consumers and clients.
    pub consumers: Arc<dyn ConsumerStore>,
    /// Resource servers.
    pub resource_servers: Arc<dyn ResourceServerStore>,
    /// Signing keys.
    pub keys: Arc<dyn KeyStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditStore>,
}

impl Ports {
    /// The ports of a store that implements all of them.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: TokenAdminStore
            + AccountStore
            + ImportStore
            + ImportedTokenStore
            + PasswordStore
            + RoleStore
            + ConsumerStore
            + ResourceServerStore
            + KeyStore
            + AuditStore,
    {
        Self {
            tokens: store.clone(),
            token_admin: store.clone(),
            accounts: store.clone(),
            imports: store.clone(),
            imported_tokens: store.clone(),
            passwords: store.clone(),
            roles: store.clone(),
            consumers: store.clone(),
            resource_servers: store.clone(),
            keys: store.clone(),
            audit: store,
        }
    }
}

/// The store for one law: a new, empty one.
///
/// Methods that look behind the ports have a default that answers [`Unsupported`]; the laws that need them then do not
/// apply, and the test must list them.
#[async_trait]
pub trait StoreHarness: fmt::Debug + Send + Sync + 'static {
    /// The ports.
    fn ports(&self) -> Ports;

    /// The number of concurrent callers in a law.
    fn crowd(&self) -> usize {
        40
    }

    /// The number of records of tokens and sessions in the store, including revoked and expired ones.
    ///
    /// # Errors
    /// If the harness cannot look behind the ports.
    async fn token_rows(&self) -> Supported<u64> {
        Err(Unsupported("the rows cannot be counted"))
    }

    /// When a token was last used, as stored.
    ///
    /// # Errors
    /// If the harness cannot look behind the ports.
    async fn last_used(&self, _id: TokenId) -> Supported<Option<Timestamp>> {
        Err(Unsupported("the last use cannot be read"))
    }

    /// The label that a token's owner gave it.
    ///
    /// # Errors
    /// If the harness cannot look behind the ports.
    async fn label_of(&self, _id: TokenId) -> Supported<Option<String>> {
        Err(Unsupported("the label cannot be read"))
    }

    /// Overwrites the stored permissions of an existing role with `raw`.
    ///
    /// # Errors
    /// If the harness cannot write behind the ports.
    async fn damage_role(&self, _realm: &Realm, _role: &str, _raw: &str) -> Supported<()> {
        Err(Unsupported("rows cannot be damaged"))
    }
}

/// A harness for the laws about stores over a [`MemoryStore`].
#[derive(Debug, Default)]
pub struct MemoryHarness(Arc<MemoryStore>);

impl MemoryHarness {
    /// A new, empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl StoreHarness for MemoryHarness {
    fn ports(&self) -> Ports {
        Ports::of(self.0.clone())
    }

    async fn token_rows(&self) -> Supported<u64> {
        Ok(self.0.token_rows())
    }

    async fn last_used(&self, id: TokenId) -> Supported<Option<Timestamp>> {
        Ok(self.0.last_used(id))
    }

    async fn label_of(&self, id: TokenId) -> Supported<Option<String>> {
        Ok(self.0.label_of(id))
    }

    async fn damage_role(&self, realm: &Realm, role: &str, raw: &str) -> Supported<()> {
        self.0.damage_role(realm, role, raw);
        Ok(())
    }
}
