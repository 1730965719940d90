//! The parts from which the flavours of one server are built.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use auth_core::{
    Clock, Entropy, HashCost, HashingOptions, ImportedRecords, PasswordAuthenticator, PasswordHasher, RefusalLimits,
    RefusalPace, RegistryLimits, SecretKey, Throttle, ThrottleLimits, TokenRegistry,
};
use consumer_auth::{Quotas, ResourceServerAuthenticator};
use keystore::Keyring;

use crate::config::{Config, PasswordSettings};
use crate::health::{Health, StoreCheck};
use crate::http::Proxies;
use crate::parts::{ServerParts, Stores};
use crate::peppers::Peppers;
use crate::server::{Capacity, Slots, Tls};

/// Everything that exists once in a server.
#[derive(Debug)]
pub(crate) struct Composition {
    pub(crate) registry: Arc<TokenRegistry>,
    pub(crate) imported: Arc<ImportedRecords>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) resource_servers: Arc<ResourceServerAuthenticator>,
    pub(crate) store_check: Arc<StoreCheck>,
    pub(crate) hasher: Arc<PasswordHasher>,
    pub(crate) refusals: Arc<RefusalPace>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) root: SecretKey,
    pub(crate) server: Arc<ServerParts>,
    pub(crate) connections: Arc<Slots>,
    /// Where the server encrypts by itself.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Where metrics are switched on.
    pub(crate) metrics: bool,
    /// The address under which clients know this server; `None`: there is none that they can use.
    pub(crate) issuer: Option<String>,
}

/// The inputs of a composition, besides the settings.
pub(crate) struct Sources {
    pub(crate) stores: Stores,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) root: SecretKey,
    pub(crate) public_url: String,
    pub(crate) capacity: Capacity,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) issuer: Option<String>,
}

impl Composition {
    pub(crate) fn new(config: &Config, sources: Sources) -> anyhow::Result<Self> {
        let Sources {
            stores,
            keyring,
            clock,
            entropy,
            root,
            public_url,
            capacity,
            tls,
            issuer,
        } = sources;
        let proxies = Proxies::new(config.http.proxies()?);
        let limits = RegistryLimits {
            records: config.revocation.records,
            staleness: Some(config.revocation.max_staleness.0),
        };
        let throttle = Arc::new(Throttle::new(ThrottleLimits::default(), clock.clone(), &*entropy)?);
        let hasher = hasher(&config.passwords, clock.clone(), entropy.clone())?;
        let passwords = PasswordAuthenticator::new(
            stores.passwords.clone(),
            hasher.clone(),
            throttle.clone(),
            root.derive("audit/logins"),
        )
        .with_peppers(Arc::new(Peppers::new(&root)));
        let resource_servers = ResourceServerAuthenticator::new(
            stores.resource_servers.clone(),
            clock.clone(),
            throttle.clone(),
            config.resource_servers.calls_per_minute,
            config.revocation.max_staleness.0,
        );
        let registry = Arc::new(TokenRegistry::new(stores.tokens.clone(), clock.clone(), limits));
        let imported = ImportedRecords::new(stores.imported_tokens.clone(), registry.clone());
        Ok(Self {
            imported: Arc::new(imported),
            store_check: Arc::new(StoreCheck::new(stores.health.clone(), clock.clone())),
            server: Arc::new(ServerParts {
                unknown: registry.unknown().clone(),
                stores,
                passwords: Arc::new(passwords),
                throttle,
                quotas: Arc::new(Quotas::new(config.partners.limits(), clock.clone())),
                proxies: proxies.clone(),
                body_timeout: config.http.body_timeout.0,
                public_url,
                clock: clock.clone(),
                entropy: entropy.clone(),
            }),
            registry,
            keyring,
            resource_servers: Arc::new(resource_servers),
            hasher,
            refusals: RefusalPace::new(RefusalLimits::default()),
            clock,
            entropy,
            root,
            connections: Arc::new(Slots::new(capacity, proxies)),
            metrics: config.metrics.enabled,
            issuer,
            tls,
        })
    }

    /// What `/readyz` checks.
    pub(crate) fn health(&self, config: &Config) -> Health {
        Health {
            store: self.store_check.clone(),
            registry: self.registry.clone(),
            keyring: self.keyring.clone(),
            clock: self.clock.clone(),
            max_staleness: config.revocation.max_staleness.0,
            stopping: AtomicBool::new(false),
        }
    }
}

fn hasher(
    settings: &PasswordSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Arc<PasswordHasher>> {
    let options = HashingOptions {
        cost: HashCost::new(settings.cost)?,
        threads: NonZeroUsize::new(settings.threads),
        queue: NonZeroUsize::new(settings.queue).context("passwords.queue is at least 1")?,
        patience: settings.patience.0,
        deadline: settings.patience.0.saturating_mul(3),
        ..HashingOptions::default()
    };
    let hasher = PasswordHasher::start(options, clock, entropy).context("the password threads cannot start")?;
    Ok(Arc::new(hasher))
}
