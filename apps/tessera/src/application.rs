//! The application: every configured flavour with its issuer, its tokens and its routes. Building it checks it.

mod issuers;
mod shared;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use anyhow::{Context, bail};
use auth_actix::{AuthScheme, Authenticator, ExpiryNotice};
use auth_core::{Issuer, Refreshing, TokenService};

use crate::composition::Composition;
use crate::config::{Config, Flavour};
use crate::console::Console;
use crate::extension::Catalog;
use crate::forward_auth::{self, IdentitySigner};
use crate::health::{self, Health};
use crate::http::{FixedRoute, Routes};
use crate::metrics::{self, Exporter, FlavourSource};
use crate::oauth::{AskedFlavour, JwkSet, KeySetAge, Metadata, TokenEndpoints, WellKnown};
use crate::openapi::{self, MountedFlavour, Surface};
use crate::operators;
use crate::parts::FlavourParts;
use crate::self_service::{self, OwnFlavour};

use shared::Metrics;
pub(crate) use shared::Shared;

/// What the server's own paths belong to: no flavour has this name.
const THE_SERVER: &str = "the server";

/// All routes of a server, and what they share.
#[derive(Debug)]
pub(crate) struct Application {
    routes: Vec<Routes>,
    fixed: Vec<FixedRoute>,
    authenticator: Data<Authenticator>,
    health: Data<Health>,
    shared: Shared,
    well_known: WellKnown,
    identities: Option<Arc<IdentitySigner>>,
    expiry_notice: Option<Data<ExpiryNotice>>,
    metrics: Option<Metrics>,
    console: Option<Arc<Console>>,
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
            let plain = issuers::plain(flavour, made).await?;
            let issuer = issuers::bound(flavour, plain.clone(), made)?;
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
        let shared = Shared::new(made, metrics.as_ref());
        let exporter = metrics.as_ref().map(|metrics| metrics.exporter.clone().into_inner());
        Ok(Self {
            routes,
            fixed,
            authenticator: Data::new(authenticator),
            health: Data::from(health),
            metrics,
            shared,
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
        self.shared.clone()
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
        self.shared.register(config);
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
