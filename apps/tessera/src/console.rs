//! The console: pages in which operators administer the server with a browser. Off unless configured.
//!
//! A request goes through one door ([`entrance`]): the assets and the sign-in page are for anybody, everything else is for
//! a signed-in operator. A page is a function of a [`Visit`](visit::Visit). What an operator does there is an
//! [`Act`](guard::Act): who may do it, and whether the password has to be typed again, is decided in one place, and the
//! work is done by the functions of [`acts`](crate::acts), as for the commands.

mod acting;
mod assets;
mod browser_name;
mod cookies;
mod entrance;
mod form;
mod guard;
mod headers;
mod html;
mod layout;
mod listener;
mod origin;
mod pages;
mod reply;
mod router;
mod session;
mod visit;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use anyhow::Context;
use auth_core::{Clock, Lifetime, PasswordPolicy, PasswordSetter, TokenRegistry, TokenService};
use keystore::Keyring;
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use crate::composition::Composition;
use crate::config::{Config, ConsoleSettings, Flavour, ForwardAuthSettings};
use crate::metrics::{Exporter, FlavourSource, LoginCounts, Numbers};
use crate::operators;
use crate::parts::ServerParts;

pub(crate) use headers::for_no_other_origin;
pub(crate) use listener::listen;

use assets::Assets;
use origin::Origins;
use session::SessionKeys;

/// Everything that its pages need.
#[derive(Debug)]
pub(crate) struct Console {
    settings: ConsoleSettings,
    origins: Origins,
    server: Arc<ServerParts>,
    tokens: TokenService,
    logins: Arc<LoginCounts>,
    keys: SessionKeys,
    setter: PasswordSetter,
    registry: Arc<TokenRegistry>,
    keyring: Arc<Keyring>,
    metrics: Option<Arc<Exporter>>,
    forward_auth: ForwardAuthSettings,
    flavours: Vec<Flavour>,
    assets: Assets,
    clock: Arc<dyn Clock>,
}

impl Console {
    /// The console under this address, without the path.
    pub(crate) fn new(config: &Config, made: &Composition, origin: String) -> anyhow::Result<Self> {
        let settings = config.console.clone();
        Ok(Self {
            origins: Origins::new(origin),
            server: made.server.clone(),
            tokens: tokens(&settings, made).context("console")?,
            logins: Arc::default(),
            keys: SessionKeys::new(&made.root),
            setter: PasswordSetter::new(
                made.server.stores.passwords.clone(),
                made.hasher.clone(),
                made.clock.clone(),
                PasswordPolicy::default(),
            ),
            registry: made.registry.clone(),
            keyring: made.keyring.clone(),
            metrics: None,
            forward_auth: config.forward_auth.clone(),
            flavours: config.flavours.clone(),
            assets: Assets::new(&settings.path),
            clock: made.clock.clone(),
            settings,
        })
    }

    /// The same, which shows what is counted here.
    pub(crate) fn with_metrics(self, metrics: Option<Arc<Exporter>>) -> Self {
        Self { metrics, ..self }
    }

    /// What is counted at this moment; `None` where nothing is.
    fn numbers(&self) -> Option<Numbers> {
        self.metrics.as_ref().map(|metrics| metrics.numbers())
    }

    /// The tokens of its sessions.
    pub(crate) fn tokens(&self) -> &TokenService {
        &self.tokens
    }

    /// Its part of the metrics.
    pub(crate) fn source(&self) -> FlavourSource {
        FlavourSource {
            name: operators::FLAVOUR.to_owned(),
            tokens: self.tokens.clone(),
            logins: self.logins.clone(),
        }
    }

    /// Whether it has a listener of its own.
    pub(crate) fn is_apart(&self) -> bool {
        self.settings.listen.is_some()
    }

    /// Where its first page is.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.origins.first(), self.settings.path)
    }

    /// Adds its pages to one worker of an HTTP server.
    pub(crate) fn register(self: &Arc<Self>, config: &mut ServiceConfig) {
        config.app_data(headers::OwnPath(self.settings.path.clone()));
        let pages = web::scope(&self.settings.path)
            .app_data(Data::from(self.clone()))
            .wrap(from_fn(headers::secured))
            .default_service(web::to(entrance::enter));
        config.service(pages);
    }

    /// A path below its own.
    fn at(&self, rest: &str) -> String {
        format!("{}{rest}", self.settings.path)
    }
}

fn tokens(settings: &ConsoleSettings, made: &Composition) -> anyhow::Result<TokenService> {
    let config = OpaqueConfig {
        flavour: operators::FLAVOUR.into(),
        lifetime: Lifetime::Limited(settings.lifetime.0),
        idle: None,
        key: made.root.derive("server/console/opaque"),
    };
    let issuer = OpaqueIssuer::new(config, made.registry.clone(), made.entropy.clone());
    let (registry, entropy) = (made.registry.clone(), made.entropy.clone());
    Ok(TokenService::new(Arc::new(issuer), registry, entropy, None)?)
}
