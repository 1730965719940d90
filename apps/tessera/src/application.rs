//! The application: every configured flavour with its issuer, its tokens and its routes. Building it checks it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use anyhow::{Context, bail};
use auth_actix::{AuthScheme, Authenticator, ExpiryNotice};
use auth_core::{
    Capabilities, ImportedTokens, Issuer, KeyBound, PasswordHasher, Refreshing, RefusalPace, TokenService,
};
use keystore::KeyringError;

use crate::composition::Composition;
use crate::config::{Config, Flavour};
use crate::console::Console;
use crate::extension::{Catalog, FlavourDialect, IssuerParts};
use crate::forward_auth::{self, IdentitySigner};
use crate::health::{self, Health};
use crate::http::request_id::RequestIds;
use crate::http::{FixedRoute, Routes};
use crate::metrics::{self, Exporter, FlavourSource, Sources, Tally, WorkerCounts};
use crate::oauth::{AskedFlavour, JwkSet, KeySetAge, Metadata, TokenEndpoints, WellKnown};
use crate::openapi::{self, MountedFlavour, Surface};
use crate::operators;
use crate::parts::FlavourParts;
use crate::self_service::{self, OwnFlavour};

/// What the server's own paths belong to: no flavour has this name.
const THE_SERVER: &str = "the server";

/// All routes of a server, and what they share.
#[derive(Debug)]
pub(crate) struct Application {
    routes: Vec<Routes>,
    fixed: Vec<FixedRoute>,
    authenticator: Data<Authenticator>,
    health: Data<Health>,
    refusals: Data<RefusalPace>,
    hasher: Data<PasswordHasher>,
    request_ids: Data<RequestIds>,
    well_known: WellKnown,
    identities: Option<Arc<IdentitySigner>>,
    expiry_notice: Option<Data<ExpiryNotice>>,
    metrics: Option<Metrics>,
    console: Option<Arc<Console>>,
}

/// What the workers of every listener share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    refusals: Data<RefusalPace>,
    hasher: Data<PasswordHasher>,
    request_ids: Data<RequestIds>,
    tally: Option<Arc<Tally>>,
}

/// What counts, and what shows the counts.
#[derive(Debug)]
struct Metrics {
    tally: Arc<Tally>,
    exporter: Data<Exporter>,
    /// Whether they have a listener of their own.
    apart: bool,
}

impl Application {
    /// Builds the application. Fails if a flavour promises what its strategy cannot do, or if two flavours have the
    /// same path.
    pub(crate) async fn build(
        config: &Config,
        catalog: &Catalog,
        made: &Composition,
        console: Option<Console>,
    ) -> anyhow::Result<Self> {
        let well_known = well_known(config, made);
        let mut fixed = fixed_routes(config, catalog, made, &well_known);
        let of_docs = config.http.docs.then(openapi::operations);
        let of_docs = of_docs.as_ref().map_or(&[][..], |operations| &operations[..]);
        let own = fixed.iter().map(|route| route.path().to_owned());
        let own = own.chain(of_docs.iter().map(|(path, _)| (*path).to_owned()));
        let own = own
            .chain(TokenEndpoints::paths())
            .chain(self_service::paths(&config.self_service));
        let paths = paths(config, own)?;
        let (mut routes, mut schemes, mut counted, mut asked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut own_flavours, mut leaking) = (Vec::new(), Vec::new());
        for flavour in &config.flavours {
            let plain = with_imported(flavour, issuer(flavour, made).await?, made)?;
            let issuer = bound(flavour, plain.clone(), made)?;
            well_known.jwk_set.publish_flavour(flavour, &made.keyring).await?;
            schemes.push(AuthScheme {
                carriers: flavour.carriers(),
                verifier: issuer.clone(),
            });
            let (mounted, source) = mount(flavour, issuer.clone(), config, made)?;
            routes.push(mounted);
            if config.self_service.has(&flavour.name) {
                own_flavours.push(OwnFlavour::revocable(&flavour.name, &source.tokens)?);
            }
            leaking.push(OwnFlavour::new(&flavour.name, source.tokens.over(plain.clone())));
            asked.push(AskedFlavour {
                name: flavour.name.clone(),
                verifier: issuer,
                tokens: source.tokens.over(plain),
                is_bearer: flavour.carriers().bearer,
            });
            counted.push(source);
        }
        if let Some(console) = &console {
            leaking.push(OwnFlavour::new(operators::FLAVOUR, console.tokens().clone()));
            counted.push(console.source());
        }
        let identities = IdentitySigner::start(&config.forward_auth.jwt, made).await?;
        if let Some(keys) = config.forward_auth.jwt.signing_keys()? {
            well_known.jwk_set.publish(keys, &made.keyring).await?;
        }
        refuse_unknown_descriptions(config, &routes)?;
        let token_endpoints = TokenEndpoints::new(
            asked,
            made.resource_servers.clone(),
            made.server.clone(),
            made.issuer.clone(),
        );
        fixed.extend(Arc::new(token_endpoints).routes());
        fixed.extend(self_service::routes(&config.self_service, own_flavours, leaking, made));
        if config.http.docs {
            let flavours = config.flavours.iter().zip(&routes);
            let flavours: Vec<_> = flavours
                .map(|(flavour, routes)| MountedFlavour { flavour, routes })
                .collect();
            let surface = Surface::new(&made.server.public_url, &flavours, &fixed, of_docs);
            fixed.extend(openapi::routes(&surface));
        }
        let authenticator = Authenticator::new(schemes, "tessera");
        let authenticator = authenticator.with_trusted_proxies(made.server.proxies.trusted());
        let health = Arc::new(made.health(config));
        let metrics = made
            .metrics
            .then(|| Metrics::new(config, made, &paths, counted, health.clone()));
        let exporter = metrics.as_ref().map(|metrics| metrics.exporter.clone().into_inner());
        Ok(Self {
            routes,
            fixed,
            authenticator: Data::new(authenticator),
            health: Data::from(health),
            metrics,
            refusals: Data::from(made.refusals.clone()),
            hasher: Data::from(made.hasher.clone()),
            request_ids: Data::new(RequestIds {
                proxies: made.server.proxies.clone(),
                entropy: made.entropy.clone(),
            }),
            well_known,
            identities,
            expiry_notice: expiry_notice(config, made),
            console: console.map(|console| Arc::new(console.with_metrics(exporter))),
        })
    }

    /// What `/readyz` checks.
    pub(crate) fn health(&self) -> Arc<Health> {
        self.health.clone().into_inner()
    }

    /// The console, where it has a listener of its own.
    pub(crate) fn console(&self) -> Option<Arc<Console>> {
        self.console.clone().filter(|console| console.is_apart())
    }

    /// What the workers of every listener share.
    pub(crate) fn shared(&self) -> Shared {
        Shared {
            refusals: self.refusals.clone(),
            hasher: self.hasher.clone(),
            request_ids: self.request_ids.clone(),
            tally: self.metrics.as_ref().map(|metrics| metrics.tally.clone()),
        }
    }

    /// The page of metrics, for a listener of its own; `None` where they are switched off.
    pub(crate) fn exporter(&self) -> Option<Arc<Exporter>> {
        let metrics = self.metrics.as_ref()?;
        Some(metrics.exporter.clone().into_inner())
    }

    /// Adds everything to one worker of the HTTP server.
    pub(crate) fn register(&self, config: &mut ServiceConfig) {
        config.app_data(self.authenticator.clone());
        config.app_data(self.health.clone());
        self.shared().register(config);
        if let Some(metrics) = self.metrics.as_ref().filter(|metrics| !metrics.apart) {
            config.app_data(metrics.exporter.clone());
        }
        if let Some(identities) = &self.identities {
            config.app_data(Data::new(identities.worker()));
        }
        if let Some(notice) = &self.expiry_notice {
            config.app_data(notice.clone());
        }
        self.well_known.share(config);
        self.routes.iter().for_each(|routes| routes.register(config));
        self.fixed.iter().for_each(|fixed| fixed.routes().register(config));
        if let Some(console) = self.console.as_ref().filter(|console| !console.is_apart()) {
            console.register(config);
        }
    }
}

impl Shared {
    /// Adds it to one worker of an HTTP server.
    pub(crate) fn register(&self, config: &mut ServiceConfig) {
        config.app_data(self.refusals.clone());
        config.app_data(self.hasher.clone());
        config.app_data(self.request_ids.clone());
        let counts = self.tally.as_ref().map(|tally| tally.worker());
        config.app_data(Data::new(counts.unwrap_or_else(WorkerCounts::off)));
    }
}

impl Metrics {
    fn new(
        config: &Config,
        made: &Composition,
        paths: &HashMap<String, &str>,
        flavours: Vec<FlavourSource>,
        health: Arc<Health>,
    ) -> Self {
        let names = flavours.iter().map(|flavour| flavour.name.clone()).collect();
        let paths = paths.iter().map(|(path, owner)| (path, *owner));
        let tally = Arc::new(Tally::new(names, paths, made.clock.clone()));
        let exporter = Exporter::new(Sources {
            tally: tally.clone(),
            flavours,
            registry: made.registry.clone(),
            keyring: made.keyring.clone(),
            hasher: made.hasher.clone(),
            throttle: made.server.throttle.clone(),
            refusals: made.refusals.clone(),
            health,
            store: made.server.stores.health.clone(),
            connections: made.connections.clone(),
            tls: made.tls.clone(),
            clock: made.clock.clone(),
            started: made.clock.monotonic(),
        });
        Self {
            tally,
            exporter: Data::new(exporter),
            apart: config.metrics.listen.is_some(),
        }
    }
}

fn expiry_notice(config: &Config, made: &Composition) -> Option<Data<ExpiryNotice>> {
    let settings = &config.forward_auth;
    let notice = || ExpiryNotice::with_clock(settings.expiry_notice.0, made.clock.clone());
    settings.has_expiry_notice().then(|| Data::new(notice()))
}

fn well_known(config: &Config, made: &Composition) -> WellKnown {
    WellKnown {
        jwk_set: Data::new(JwkSet::default()),
        key_age: Data::new(KeySetAge {
            keyring: made.keyring.clone(),
            clock: made.clock.clone(),
            most: config.revocation.max_staleness.0,
        }),
        metadata: Data::new(Metadata::new(made.issuer.as_deref())),
    }
}

/// The paths that belong to no flavour and need none to be made. This and `build` are the only places where such a path is mounted.
fn fixed_routes(config: &Config, catalog: &Catalog, made: &Composition, well_known: &WellKnown) -> Vec<FixedRoute> {
    let shared = catalog.dialects().iter().flat_map(|dialect| dialect.shared_routes());
    let mut fixed: Vec<FixedRoute> = shared.collect();
    fixed.push(forward_auth::route(&config.forward_auth));
    fixed.extend(health::routes());
    fixed.extend(well_known.routes());
    if made.metrics && config.metrics.listen.is_none() {
        fixed.push(metrics::route());
    }
    fixed
}

/// The issuer of one flavour, as its strategy makes it.
async fn issuer(flavour: &Flavour, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    let parts = IssuerParts {
        flavour: &flavour.name,
        realm: flavour.realm.as_ref(),
        lifetime: flavour.lifetime,
        registry: &made.registry,
        keyring: &made.keyring,
        clock: &made.clock,
        entropy: &made.entropy,
        root: &made.root,
    };
    let issuer = flavour.strategy.issuer(&parts).await;
    let issuer = issuer.map_err(|error| with_advice(&flavour.name, error))?;
    refuse_unfollowed_keys(flavour, made)?;
    Ok(issuer)
}

/// The issuer with imported tokens beside its own, where the settings have it so.
fn with_imported(flavour: &Flavour, issuer: Arc<dyn Issuer>, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    if !flavour.has_imported() {
        return Ok(issuer);
    }
    if flavour.dialect.key_bound() || flavour.realm.is_none() {
        bail!(
            "flavour.{}.imported_tokens: the {} dialect binds tokens to keys or to clients of organisations, and imported \
             ones are neither; leave the setting out",
            flavour.name,
            flavour.dialect_name
        );
    }
    match ImportedTokens::new(issuer, made.imported.clone()) {
        Ok(imported) => Ok(Arc::new(imported)),
        Err(error) => bail!("flavour.{}.issuer = {}: {error}", flavour.name, flavour.strategy_name),
    }
}

/// The issuer with tokens bound to keys, where the dialect has it so. Fails if it cannot do what the dialect promises its
/// clients.
fn bound(flavour: &Flavour, issuer: Arc<dyn Issuer>, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    let issuer = match flavour.dialect.key_bound() {
        true => with_keys(issuer, made),
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
fn with_keys(issuer: Arc<dyn Issuer>, made: &Composition) -> Arc<dyn Issuer> {
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

fn mount(
    flavour: &Flavour,
    issuer: Arc<dyn Issuer>,
    config: &Config,
    made: &Composition,
) -> anyhow::Result<(Routes, FlavourSource)> {
    let refreshing = flavour.dialect.refreshes().then(|| Refreshing {
        policy: config.refresh.policy(),
        seal: made.root.derive(&format!("server/refresh/{}", flavour.name)),
    });
    let tokens = TokenService::new(issuer, made.registry.clone(), made.entropy.clone(), refreshing);
    let tokens = tokens.with_context(|| format!("flavour.{}", flavour.name))?;
    let source = FlavourSource {
        name: flavour.name.clone(),
        tokens: tokens.clone(),
        logins: Arc::default(),
    };
    let routes = flavour.dialect.mount(FlavourParts {
        name: flavour.name.clone(),
        path: flavour.path.clone(),
        realm: flavour.realm.clone(),
        tokens,
        server: made.server.clone(),
        logins: source.logins.clone(),
    });
    Ok((routes?, source))
}

/// A description of an endpoint that the dialect does not have would be shown nowhere.
fn refuse_unknown_descriptions(config: &Config, routes: &[Routes]) -> anyhow::Result<()> {
    for (flavour, routes) in config.flavours.iter().zip(routes) {
        let endpoints = flavour.dialect.endpoints();
        let mut described = routes.operations().iter().map(|(endpoint, _)| endpoint);
        if let Some(unknown) = described.find(|endpoint| !endpoints.contains(endpoint)) {
            let path = unknown.path(&flavour.path);
            bail!(
                "flavour.{}: the {} dialect describes {} {path}, which is not among its endpoints",
                flavour.name,
                flavour.dialect_name,
                unknown.method
            );
        }
    }
    Ok(())
}

/// Every path that the server answers, with the name of its flavour or of something else. Fails if two have the same.
fn paths(config: &Config, own: impl Iterator<Item = String>) -> anyhow::Result<HashMap<String, &str>> {
    let own = own.chain([metrics::PATH.to_owned()]);
    let mut taken: HashMap<String, &str> = own.map(|path| (path, THE_SERVER)).collect();
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
    Ok(taken)
}
