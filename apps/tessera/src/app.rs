//! The composition root: everything the server is made of, put together once, and checked while it is.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use anyhow::Context;
use auth_actix::{AuthScheme, Authenticator};
use auth_core::{
    Account, AccountStore, Issuer, PasswordAuthenticator, PasswordHasher, Realm, Refreshing, Scopes, Throttle,
    TokenRegistry, TokenService,
};
use consumer_auth::ConsumerAuthenticator;
use dialects::device::Device;
use dialects::integration::Integration;
use dialects::login::Login;
use dialects::mechanics::Mechanics;
use permissions::RoleStore;
use secrecy::SecretString;
use store_diesel::DieselStore;

use crate::config::{Config, Dialect, Flavour};
use crate::http::source::Proxies;
use crate::issuers::{self, Parts};
use crate::keys::Keys;
use crate::reply::HandlerError;
use crate::routes::{device, integration, login, mechanics};

/// A flavour with its handlers.
#[derive(Debug)]
pub enum Mounted {
    Mechanics(Arc<mechanics::Flavour>),
    Login(Arc<login::Flavour>),
    Device(Arc<device::Flavour>),
    Integration(Arc<integration::Flavour>),
}

/// The application.
#[derive(Debug)]
pub struct App {
    pub mounted: Vec<Mounted>,
    pub authenticator: Authenticator,
    pub store: DieselStore,
    pub registry: Arc<TokenRegistry>,
    pub max_staleness: Duration,
}

/// The people of one realm, and the way in for them.
#[derive(Debug, Clone)]
pub struct People {
    pub realm: Realm,
    pub passwords: Arc<PasswordAuthenticator>,
    pub accounts: Arc<dyn AccountStore>,
    pub roles: Arc<dyn RoleStore>,
    pub proxies: Proxies,
    pub body_timeout: Duration,
}

impl People {
    /// The account that these credentials belong to.
    pub async fn sign_in(
        &self,
        request: &HttpRequest,
        login: &str,
        password: &SecretString,
    ) -> Result<Account, HandlerError> {
        let source = self.proxies.source(request);
        Ok(self.passwords.check(&self.realm, login, password, source).await?)
    }

    /// What the account's role lets it do.
    pub async fn scopes(&self, account: &Account) -> Result<Scopes, HandlerError> {
        match &account.role {
            Some(role) => Ok(self.roles.permissions_of(&account.realm, role).await?),
            None => Ok(Scopes::none()),
        }
    }
}

/// What flavours are put together from, beyond what issuers need.
pub struct Ingredients {
    pub store: DieselStore,
    pub passwords: Arc<PasswordAuthenticator>,
    pub throttle: Arc<Throttle>,
    pub hasher: Arc<PasswordHasher>,
    pub parts: Parts,
    pub public_url: String,
}

impl App {
    /// Puts the application together. Fails where a flavour promises what its issuer cannot do, or two flavours want
    /// one path.
    pub async fn build(config: &Config, ingredients: &Ingredients, keys: &Keys) -> anyhow::Result<Self> {
        let (mut mounted, mut schemes) = (Vec::new(), Vec::new());
        for flavour in &config.flavours {
            let issuer = issuers::build(flavour, &ingredients.parts, keys).await?;
            schemes.push(AuthScheme {
                carriers: issuers::carriers(flavour.dialect),
                verifier: issuer.clone(),
            });
            mounted.push(mount(flavour, issuer, config, ingredients)?);
        }
        refuse_shared_paths(config)?;
        Ok(Self {
            mounted,
            authenticator: Authenticator::new(schemes, "tessera"),
            store: ingredients.store.clone(),
            registry: ingredients.parts.registry.clone(),
            max_staleness: config.revocation.max_staleness.0,
        })
    }
}

fn mount(
    flavour: &Flavour,
    issuer: Arc<dyn Issuer>,
    config: &Config,
    ingredients: &Ingredients,
) -> anyhow::Result<Mounted> {
    let service = service(flavour, issuer, config, ingredients)?;
    let path = flavour.path.clone();
    let realm = flavour.realm.as_ref().map_or("clients", Realm::as_str);
    Ok(match flavour.dialect {
        Dialect::Mechanics => Mounted::Mechanics(Arc::new(mechanics::Flavour {
            dialect: Arc::new(Mechanics::new(realm)),
            people: people(flavour, config, ingredients)?,
            path,
            service,
        })),
        Dialect::Login => Mounted::Login(Arc::new(login::Flavour {
            dialect: Arc::new(Login::new(realm, flavour.conceal_unknown_users)),
            people: people(flavour, config, ingredients)?,
            path,
            service,
        })),
        Dialect::Device => Mounted::Device(Arc::new(device::Flavour {
            dialect: Arc::new(Device::new(realm)),
            people: people(flavour, config, ingredients)?,
            path,
            service,
        })),
        Dialect::Integration => Mounted::Integration(Arc::new(integration::Flavour {
            dialect: Arc::new(integration_dialect(flavour, &ingredients.public_url)),
            consumers: ConsumerAuthenticator::new(
                ingredients.store.consumers(),
                ingredients.parts.clock.clone(),
                ingredients.throttle.clone(),
            ),
            proxies: Proxies(config.http.proxies()?),
            body_timeout: config.http.body_timeout.0,
            path,
            service,
        })),
    })
}

fn service(
    flavour: &Flavour,
    issuer: Arc<dyn Issuer>,
    config: &Config,
    ingredients: &Ingredients,
) -> anyhow::Result<TokenService> {
    let parts = &ingredients.parts;
    let refreshing = (flavour.dialect == Dialect::Mechanics).then(|| Refreshing {
        policy: config.refresh.policy(),
        seal: parts.master.derive(&format!("flavour/{}/refresh", flavour.name)),
    });
    Ok(TokenService::new(
        issuer,
        parts.registry.clone(),
        parts.entropy.clone(),
        refreshing,
    )?)
}

fn people(flavour: &Flavour, config: &Config, ingredients: &Ingredients) -> anyhow::Result<People> {
    Ok(People {
        realm: flavour
            .realm
            .clone()
            .context("a flavour with passwords needs a realm")?,
        passwords: ingredients.passwords.clone(),
        accounts: ingredients.store.accounts(),
        roles: ingredients.store.roles(),
        proxies: Proxies(config.http.proxies()?),
        body_timeout: config.http.body_timeout.0,
    })
}

fn integration_dialect(flavour: &Flavour, public_url: &str) -> Integration {
    let mut dialect = Integration::new("clients", public_url);
    if let Some(subdomain) = &flavour.subdomain {
        dialect = dialect.with_subdomain(subdomain);
    }
    if let Some(environment) = &flavour.environment {
        dialect = dialect.with_environment(environment);
    }
    dialect
}

fn refuse_shared_paths(config: &Config) -> anyhow::Result<()> {
    let mut taken = std::collections::HashMap::from([
        ("/auth/verify".to_owned(), "the server"),
        ("/healthz".to_owned(), "the server"),
        ("/readyz".to_owned(), "the server"),
        (Integration::AVATAR_PATH.to_owned(), "the server"),
    ]);
    for flavour in &config.flavours {
        for path in flavour.paths() {
            if let Some(other) = taken.insert(path.clone(), &flavour.name) {
                anyhow::bail!(
                    "flavour.{}.path = {}: {path} belongs to {other}",
                    flavour.name,
                    flavour.path
                );
            }
        }
    }
    Ok(())
}
