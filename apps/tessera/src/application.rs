//! The application: every configured flavour with its issuer, its tokens and its routes. Building it checks it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig, resource};
use anyhow::{Context, bail};
use auth_actix::{AuthScheme, Authenticator};
use auth_core::{Capabilities, Issuer, KeyBound, PasswordHasher, Refreshing, RefusalPace, TokenService};
use keystore::KeyringError;

use crate::composition::Composition;
use crate::config::{Config, Flavour};
use crate::extension::{Catalog, FlavourDialect, IssuerParts};
use crate::forward_auth;
use crate::health::{self, Health};
use crate::http::request_id::RequestIds;
use crate::http::{Routes, only_get, panic};
use crate::parts::FlavourParts;

const VERIFY: &str = "/auth/verify";
const ALIVE: &str = "/healthz";
const READY: &str = "/readyz";

/// All routes of a server, and what they share.
#[derive(Debug)]
pub(crate) struct Application {
    routes: Vec<Routes>,
    authenticator: Data<Authenticator>,
    health: Data<Health>,
    refusals: Data<RefusalPace>,
    hasher: Data<PasswordHasher>,
    request_ids: Data<RequestIds>,
}

impl Application {
    /// Builds the application. Fails if a flavour promises what its strategy cannot do, or if two flavours have the
    /// same path.
    pub(crate) async fn build(config: &Config, catalog: &Catalog, made: &Composition) -> anyhow::Result<Self> {
        refuse_shared_paths(config, catalog)?;
        let (mut routes, mut schemes) = (Vec::new(), Vec::new());
        for flavour in &config.flavours {
            let issuer = issuer(flavour, made).await?;
            schemes.push(AuthScheme {
                carriers: flavour.dialect.carriers(),
                verifier: issuer.clone(),
            });
            routes.push(mount(flavour, issuer, config, made)?);
        }
        let shared = catalog.dialects().iter().flat_map(|dialect| dialect.shared_routes());
        routes.extend(shared.map(|shared| shared.routes));
        let server = made.server.clone();
        let authenticator = Authenticator::new(schemes, "tessera");
        let authenticator = authenticator.with_source(move |request| server.proxies.source(request));
        Ok(Self {
            routes,
            authenticator: Data::new(authenticator),
            health: Data::new(made.health(config)),
            refusals: Data::from(made.refusals.clone()),
            hasher: Data::from(made.hasher.clone()),
            request_ids: Data::new(RequestIds {
                proxies: made.server.proxies.clone(),
                entropy: made.entropy.clone(),
            }),
        })
    }

    /// What `/readyz` checks.
    pub(crate) fn health(&self) -> Arc<Health> {
        self.health.clone().into_inner()
    }

    /// Adds everything to one worker of the HTTP server.
    pub(crate) fn register(&self, config: &mut ServiceConfig) {
        config.app_data(self.authenticator.clone());
        config.app_data(self.health.clone());
        config.app_data(self.refusals.clone());
        config.app_data(self.hasher.clone());
        config.app_data(self.request_ids.clone());
        self.routes.iter().for_each(|routes| routes.register(config));
        config.service(panic::guarded(resource(VERIFY).to(forward_auth::verify), panic::plain));
        config.service(only_get(ALIVE, health::alive));
        config.service(only_get(READY, health::ready));
    }
}

/// The issuer of one flavour. Fails if it cannot do what the dialect promises its clients.
async fn issuer(flavour: &Flavour, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    let parts = IssuerParts {
        flavour: &flavour.name,
        realm: flavour.realm.as_ref(),
        lifetime: flavour.lifetime,
        registry: &made.registry,
        keyring: &made.keyring,
        clock: &made.clock,
        entropy: &made.entropy,
        master: &made.master,
    };
    let issuer = flavour.strategy.issuer(&parts).await;
    let issuer = issuer.map_err(|error| with_advice(&flavour.name, error))?;
    refuse_unfollowed_keys(flavour, made)?;
    let issuer = match flavour.dialect.key_bound() {
        true => bound(issuer, made),
        false => issuer,
    };
    let (name, strategy, can) = (&flavour.name, flavour.strategy_name, issuer.capabilities());
    if let Some(promise) = broken_promise(&*flavour.dialect, can) {
        bail!("flavour.{name}.issuer = {strategy}: {promise}");
    }
    if flavour.dialect.key_bound() && !can.key_bound {
        bail!(
            "flavour.{name}.issuer = {strategy}: the dialect binds tokens to keys, for which sessions must be recorded"
        );
    }
    Ok(issuer)
}

/// The error of a strategy, with what to do where no key signs.
fn with_advice(flavour: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(KeyringError::NoSigner(_)) => error.context(format!(
            "flavour.{flavour}: add a key with `tessera key rotate --flavour {flavour}` or `tessera key import`"
        )),
        _ => error,
    }
}

/// An issuer that does not follow its keys would go on signing with a stolen one.
fn refuse_unfollowed_keys(flavour: &Flavour, made: &Composition) -> anyhow::Result<()> {
    match flavour.signing_keys()? {
        Some(keys) if !made.keyring.is_followed(&keys.purpose) => bail!(
            "flavour.{}.issuer = {}: the strategy has signing keys and does not follow their changes",
            flavour.name,
            flavour.strategy_name
        ),
        _ => Ok(()),
    }
}

/// The issuer with tokens bound to a key. An issuer without records is returned unchanged, and refused
/// by its capabilities.
fn bound(issuer: Arc<dyn Issuer>, made: &Composition) -> Arc<dyn Issuer> {
    match KeyBound::new(issuer.clone(), made.registry.clone(), made.entropy.clone()) {
        Ok(bound) => Arc::new(bound),
        Err(_) => issuer,
    }
}

/// The first promise of the dialect that the issuer cannot keep.
fn broken_promise(dialect: &dyn FlavourDialect, can: Capabilities) -> Option<&'static str> {
    let mut promises = dialect.promises().iter();
    promises
        .find(|promise| !(promise.kept)(can))
        .map(|promise| promise.sentence)
}

fn mount(flavour: &Flavour, issuer: Arc<dyn Issuer>, config: &Config, made: &Composition) -> anyhow::Result<Routes> {
    let refreshing = flavour.dialect.refreshes().then(|| Refreshing {
        policy: config.refresh.policy(),
        seal: made.master.derive(&format!("server/refresh/{}", flavour.name)),
    });
    let tokens = TokenService::new(issuer, made.registry.clone(), made.entropy.clone(), refreshing);
    let tokens = tokens.with_context(|| format!("flavour.{}", flavour.name))?;
    flavour.dialect.mount(FlavourParts {
        name: flavour.name.clone(),
        path: flavour.path.clone(),
        realm: flavour.realm.clone(),
        tokens,
        server: made.server.clone(),
    })
}

fn refuse_shared_paths(config: &Config, catalog: &Catalog) -> anyhow::Result<()> {
    let shared = catalog.dialects().iter().flat_map(|dialect| dialect.shared_routes());
    let own = [VERIFY, ALIVE, READY]
        .into_iter()
        .chain(shared.map(|shared| shared.path));
    let mut taken: HashMap<String, &str> = own.map(|path| (path.to_owned(), "the server")).collect();
    for flavour in &config.flavours {
        for path in flavour.paths() {
            if let Some(other) = taken.insert(path.clone(), &flavour.name) {
                bail!(
                    "flavour.{}.path = {}: {path} belongs to {other}",
                    flavour.name,
                    flavour.path
                );
            }
        }
    }
    Ok(())
}
