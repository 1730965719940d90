//! All ports of one store, and what a law about stores may use beside them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{AccountStore, PasswordStore, Realm, Timestamp, TokenDirectory, TokenId, TokenStore};
use consumer_auth::ConsumerStore;
use keystore::KeyStore;
use permissions::RoleStore;
use store_memory::MemoryStore;

use crate::law::{Supported, Unsupported};

/// The ports of one store.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Tokens, sessions and the feed of changes.
    pub tokens: Arc<dyn TokenStore>,
    /// The same, for those who look after other people's.
    pub directory: Arc<dyn TokenDirectory>,
    /// Accounts and clients.
    pub accounts: Arc<dyn AccountStore>,
    /// Password hashes.
    pub passwords: Arc<dyn PasswordStore>,
    /// Roles.
    pub roles: Arc<dyn RoleStore>,
    /// Organisations, consumers and clients.
    pub consumers: Arc<dyn ConsumerStore>,
    /// Signing keys.
    pub keys: Arc<dyn KeyStore>,
}

impl Ports {
    /// The ports of a store that implements all of them.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: TokenDirectory + AccountStore + PasswordStore + RoleStore + ConsumerStore + KeyStore,
    {
        Self {
            tokens: store.clone(),
            directory: store.clone(),
            accounts: store.clone(),
            passwords: store.clone(),
            roles: store.clone(),
            consumers: store.clone(),
            keys: store,
        }
    }
}

/// A store for one law: its own, and empty when the law begins.
///
/// What is not a port's business to show has a default that answers [`Unsupported`]; the laws that need it then do not
/// apply, and the test must list them.
#[async_trait]
pub trait StoreHarness: fmt::Debug + Send + Sync + 'static {
    /// The ports.
    fn ports(&self) -> Ports;

    /// How many callers a law sends at once.
    fn crowd(&self) -> usize {
        40
    }

    /// How many records of tokens and sessions the store holds, dead ones included.
    ///
    /// # Errors
    /// Where the harness cannot look behind the ports.
    async fn token_rows(&self) -> Supported<u64> {
        Err(Unsupported("the rows cannot be counted"))
    }

    /// When a token was last used, as far as that was written.
    ///
    /// # Errors
    /// Where the harness cannot look behind the ports.
    async fn last_used(&self, _id: TokenId) -> Supported<Option<Timestamp>> {
        Err(Unsupported("the last use cannot be read"))
    }

    /// What a token's owner calls it.
    ///
    /// # Errors
    /// Where the harness cannot look behind the ports.
    async fn label_of(&self, _id: TokenId) -> Supported<Option<String>> {
        Err(Unsupported("the label cannot be read"))
    }

    /// Writes `raw` over the stored permissions of a role that exists.
    ///
    /// # Errors
    /// Where the harness cannot reach behind the ports.
    async fn damage_role(&self, _realm: &Realm, _role: &str, _raw: &str) -> Supported<()> {
        Err(Unsupported("rows cannot be damaged"))
    }
}

/// [`MemoryStore`] for the laws about stores.
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
