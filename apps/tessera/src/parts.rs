//! The services that a flavour's handlers use.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use anyhow::Context;
use async_trait::async_trait;
use auth_actix::Credential;
use auth_core::{
    Account, AccountStore, AuditStore, Clock, Entropy, ImportedTokenStore, PasswordAuthenticator, PasswordStore,
    PresentedToken, Realm, RefreshError, Scopes, SignedIn, StoreError, Throttle, TokenAdminStore, TokenService,
    TokenStore, UnknownTokens,
};
use consumer_auth::{ConsumerStore, Quotas, ResourceServerStore};
use keystore::KeyStore;
use permissions::RoleStore;
use secrecy::{ExposeSecret, SecretString};
use store_diesel::{DieselStore, MetaStore, PoolStatus};

use crate::http::{HandlerError, Proxies};
use crate::metrics::LoginCounts;

/// Whether a store can be used.
#[async_trait]
pub trait StoreHealth: fmt::Debug + Send + Sync + 'static {
    /// Reads and writes something small.
    ///
    /// # Errors
    /// When the store does not answer, or can only be read: its disk is full, or it must not be written to.
    async fn check(&self) -> Result<(), StoreError>;

    /// The state of its connections, for metrics; nothing where it has none.
    fn pools(&self) -> Vec<PoolStatus> {
        Vec::new()
    }
}

#[async_trait]
impl StoreHealth for DieselStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.ping().await?;
        self.check_writing().await
    }

    fn pools(&self) -> Vec<PoolStatus> {
        Self::pools(self)
    }
}

/// The ports of one store: all stored data of a server.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Tokens and sessions, and the feed of revocations.
    pub tokens: Arc<dyn TokenStore>,
    /// Lists of tokens, for administrators.
    pub token_admin: Arc<dyn TokenAdminStore>,
    /// Tokens whose texts another system made.
    pub imported_tokens: Arc<dyn ImportedTokenStore>,
    /// Accounts and clients.
    pub accounts: Arc<dyn AccountStore>,
    /// Password hashes.
    pub passwords: Arc<dyn PasswordStore>,
    /// Roles.
    pub roles: Arc<dyn RoleStore>,
    /// Organisations, consumers and their clients.
    pub consumers: Arc<dyn ConsumerStore>,
    /// Services that ask about tokens.
    pub resource_servers: Arc<dyn ResourceServerStore>,
    /// Signing keys, encrypted.
    pub keys: Arc<dyn KeyStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditStore>,
    /// Facts about the store itself: the check value of its master key, whether it has demo data.
    pub meta: Arc<dyn MetaStore>,
    /// Whether it can be used.
    pub health: Arc<dyn StoreHealth>,
}

impl From<&DieselStore> for Stores {
    fn from(store: &DieselStore) -> Self {
        Self {
            tokens: store.tokens(),
            token_admin: store.token_admin(),
            imported_tokens: store.imported_tokens(),
            accounts: store.accounts(),
            passwords: store.passwords(),
            roles: store.roles(),
            consumers: store.consumers(),
            resource_servers: store.resource_servers(),
            keys: store.keys(),
            audit: store.audit(),
            meta: store.meta(),
            health: Arc::new(store.clone()),
        }
    }
}

/// The services that all flavours of a server share.
#[derive(Debug)]
pub struct ServerParts {
    /// The ports of the store.
    pub stores: Stores,
    /// Checks passwords, throttled and queued.
    pub passwords: Arc<PasswordAuthenticator>,
    /// Failed attempts, by name and by address.
    pub throttle: Arc<Throttle>,
    /// What each partner may ask for.
    pub quotas: Arc<Quotas>,
    /// The bound on the reads that unknown tokens cause.
    pub unknown: Arc<UnknownTokens>,
    /// Which proxies are trusted to name a client's address.
    pub proxies: Proxies,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// The address under which clients know this server, without a slash at its end.
    pub public_url: String,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl ServerParts {
    /// A token with the source of the request that carries it, so that unknown ones are bounded by source.
    pub fn presented<'a>(&self, request: &HttpRequest, credential: &'a Credential<'_>) -> PresentedToken<'a> {
        credential.presented().from_source(self.proxies.source(request))
    }

    /// Exchanges a refresh token ([`TokenService::refresh`]). How many unknown ones are looked up is bounded by source.
    ///
    /// # Errors
    /// The rejection: unknown, expired or used before, too many unknown ones, or a failure of the server.
    pub async fn refresh(
        &self,
        request: &HttpRequest,
        tokens: &TokenService,
        refresh_token: &SecretString,
    ) -> Result<SignedIn, HandlerError> {
        let source = self.proxies.source(request);
        let read = self.unknown.read(source).await.map_err(RefreshError::from)?;
        let refreshed = tokens.refresh(refresh_token.expose_secret()).await;
        if matches!(refreshed, Err(RefreshError::Unknown)) {
            read.found_nothing();
        }
        Ok(refreshed?)
    }
}

/// The services of one flavour.
#[derive(Debug)]
pub struct FlavourParts {
    /// The flavour's name.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// The realm of its accounts; `None` for clients of organisations.
    pub realm: Option<Realm>,
    /// Its tokens: sign in, refresh, sign out.
    pub tokens: TokenService,
    /// What all flavours share.
    pub server: Arc<ServerParts>,
    pub(crate) logins: Arc<LoginCounts>,
}

impl FlavourParts {
    /// The people of this flavour's realm.
    ///
    /// # Errors
    /// When the flavour has no realm.
    pub fn people(&self) -> anyhow::Result<People> {
        let realm = self.realm.clone().context("a flavour with passwords needs a realm")?;
        let (server, logins) = (self.server.clone(), self.logins.clone());
        Ok(People { realm, server, logins })
    }
}

/// The people of one realm, and how they sign in.
#[derive(Debug, Clone)]
pub struct People {
    realm: Realm,
    server: Arc<ServerParts>,
    logins: Arc<LoginCounts>,
}

impl People {
    /// The account that these credentials belong to.
    ///
    /// # Errors
    /// The rejection: wrong password, unknown account, throttled, busy, or a failure of the server.
    pub async fn sign_in(
        &self,
        request: &HttpRequest,
        login: &str,
        password: &SecretString,
    ) -> Result<Account, HandlerError> {
        let (source, clock) = (self.server.proxies.source(request), &self.server.clock);
        let begun = clock.monotonic();
        let checked = self.server.passwords.check(&self.realm, login, password, source).await;
        self.logins.note(&checked, clock.monotonic().saturating_sub(begun));
        Ok(checked?)
    }

    /// The permissions of the account's role.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn scopes(&self, account: &Account) -> Result<Scopes, HandlerError> {
        match &account.role {
            Some(role) => Ok(self.server.stores.roles.permissions_of(&account.realm, role).await?),
            None => Ok(Scopes::none()),
        }
    }

    /// Their realm.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What all flavours share.
    pub fn server(&self) -> &ServerParts {
        &self.server
    }
}
