//! Builds a running server from dialects, strategies and a store.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use anyhow::{Context, bail};
use auth_core::{Clock, Entropy, SecretKey, SystemClock, SystemEntropy};
use keystore::Keyring;
use tokio::task::JoinHandle;

use crate::application::Application;
use crate::background::{self, AuditTasks, Background, Erasure, Periods};
use crate::composition::{Composition, Sources};
use crate::config::{Config, Overrides, Span};
use crate::console::Console;
use crate::dialects::{DeviceDialect, IntegrationDialect, LoginDialect, MechanicsDialect};
use crate::extension::{Catalog, Dialect, Strategy};
use crate::health::Health;
use crate::oauth::own_url;
use crate::parts::Stores;
use crate::server::{self, Capacity, OwnListener, Tls};
use crate::strategies::{JwtStrategy, OpaqueStrategy};
use crate::{console, demo, keys, master, metrics};

/// Builds a server: its dialects and strategies, its clock and its source of random bytes.
///
/// A new builder has the four documented dialects and the strategies `jwt`, `opaque` and `stateless`.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// // A server with the whole command line of Tessera; `.dialect(…)` and `.strategy(…)` add more.
/// fn main() -> ExitCode {
///     tessera::run(tessera::Builder::new())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What one server is started with.
#[derive(Debug)]
pub struct Start {
    /// The settings.
    pub config: Config,
    /// The store.
    pub stores: Stores,
    /// The master key, from which every secret of the server is derived. The store remembers which one it was set up
    /// with, and refuses another.
    pub master: SecretKey,
    /// Where to listen.
    pub listener: TcpListener,
    /// Whether to load the demo data, with their well-known passwords. Refused beyond loopback.
    pub demo: bool,
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    background: Background,
    health: Arc<Health>,
    drain_delay: Duration,
    metrics: Option<OwnListener>,
    tls: Option<Arc<Tls>>,
    console: Option<OwnListener>,
    console_url: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        let mut catalog = Catalog::default();
        catalog.add_dialect(Arc::new(MechanicsDialect));
        catalog.add_dialect(Arc::new(LoginDialect));
        catalog.add_dialect(Arc::new(DeviceDialect));
        catalog.add_dialect(Arc::new(IntegrationDialect));
        catalog.add_strategy(Arc::new(JwtStrategy::Tracked));
        catalog.add_strategy(Arc::new(OpaqueStrategy));
        catalog.add_strategy(Arc::new(JwtStrategy::Stateless));
        Self {
            catalog,
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

impl Builder {
    /// A server of the four documented dialects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a dialect under its name. It replaces one of the same name.
    #[must_use]
    pub fn dialect(mut self, dialect: impl Dialect) -> Self {
        self.catalog.add_dialect(Arc::new(dialect));
        self
    }

    /// Registers a strategy under its name. It replaces one of the same name.
    #[must_use]
    pub fn strategy(mut self, strategy: impl Strategy) -> Self {
        self.catalog.add_strategy(Arc::new(strategy));
        self
    }

    /// Sets the clock. Default: the system's.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Sets the source of random bytes. Default: the system's.
    #[must_use]
    pub fn entropy(self, entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, ..self }
    }

    pub(crate) fn clock_handle(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn entropy_handle(&self) -> Arc<dyn Entropy> {
        self.entropy.clone()
    }

    /// The registered dialects and strategies.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Reads the settings: the command line's, the environment's, those of a file, and the defaults.
    ///
    /// # Errors
    /// One line for each setting that is unknown or cannot be used.
    pub fn config(&self, overrides: &Overrides) -> anyhow::Result<Config> {
        Config::load(overrides, &self.catalog)
    }

    /// Starts a server. Call it on a tokio runtime with more than one thread.
    ///
    /// # Errors
    /// When a flavour promises what its strategy cannot do, two flavours have the same path, the master key is not the
    /// store's, a signing key cannot be read, more connections are set than the process may open files for, or the
    /// store fails. Then the server does not listen. The process's soft limit of open files is raised to the hard one.
    pub async fn start(&self, start: Start) -> anyhow::Result<Running> {
        let Start {
            config,
            stores,
            master,
            listener,
            demo,
        } = start;
        let address = listener.local_addr().context("the address cannot be read back")?;
        refuse_known_secrets(demo, &master, address)?;
        let capacity = Capacity::plan(&config.http)?;
        let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        let root = keys::root(&stores, &master, &*self.clock, &*self.entropy).await?;
        let keyring = keys::keyring(&stores, &root, self.clock.clone(), self.entropy.clone());
        let keyring = Arc::new(keyring);
        let public_url = config.http.public_url.clone();
        let scheme = config.scheme();
        let issuer = config.http.issuer().or_else(|| own_url(scheme, address));
        let sources = Sources {
            stores: stores.clone(),
            keyring: keyring.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            root,
            public_url: public_url.unwrap_or_else(|| format!("{scheme}://{address}")),
            capacity,
            tls: tls.clone(),
            issuer,
        };
        let made = Composition::new(&config, sources)?;
        if demo {
            let loaded = self.load_demo(&config, &stores, &made).await;
            loaded.context("the demo data cannot be loaded")?;
        }
        read_revocations(&made).await?;
        if config.refresh.grace == Span::seconds(0) {
            tracing::warn!(event = "no_refresh_grace");
        }
        made.store_check.run().await;
        let console_listener = console_listener(&config)?;
        let console = console(&config, &made, console_listener.as_ref(), address)?;
        let console_url = console.as_ref().map(Console::url);
        let application = Application::build(&config, &self.catalog, &made, console).await?;
        keyring.reload().await.context("the signing keys cannot be read")?;
        let read = made.resource_servers.reload().await;
        read.context("the resource servers cannot be read")?;
        let mut background = self.start_background(&config, &made, keyring);
        background.follow(tls.clone());
        let health = application.health();
        let metrics = metrics_listener(&config, &application, tls.as_ref())?;
        let of_console = tls.clone().filter(|_| config.console.tls);
        let console = match console_listener {
            Some(listener) => console::listen(listener, &application, of_console)?,
            None => None,
        };
        let connections = made.connections.clone();
        let server = server::start(application, &config, capacity, connections, tls.clone(), listener)?;
        Ok(Running {
            address,
            health,
            drain_delay: config.http.drain_delay(demo),
            handle: server.handle(),
            server: tokio::spawn(server),
            background,
            metrics,
            tls,
            console,
            console_url,
        })
    }

    /// People, partners and a resource server with well-known passwords.
    async fn load_demo(&self, config: &Config, stores: &Stores, made: &Composition) -> anyhow::Result<()> {
        let (cost, now) = (config.passwords.cost, self.clock.now());
        demo::load(&self.catalog, stores, &made.hasher, cost, now).await?;
        demo::load_resource_server(stores, now).await
    }

    /// What goes on beside the requests.
    fn start_background(&self, config: &Config, made: &Composition, keyring: Arc<Keyring>) -> Background {
        let erasure = Erasure {
            keys: made.server.stores.keys.clone(),
            clock: self.clock.clone(),
            keep: config.keys.keep_retired.0,
        };
        Background::start(
            made.registry.clone(),
            made.store_check.clone(),
            keyring,
            made.resource_servers.clone(),
            AuditTasks::of(made, config.audit.keep.0),
            erasure,
            Periods::of(&config.revocation),
        )
    }
}

impl Running {
    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address at which it answers `/metrics` alone, where it was given one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.address)
    }

    /// Reads the files of the certificate now, and not only within a minute. Open connections stay. What it found is in the log; without
    /// `[tls]` it does nothing.
    pub fn reload_certificate(&self) {
        if let Some(tls) = &self.tls {
            background::reload_certificate(tls);
        }
    }

    /// Where browsers find the console, where it is enabled.
    pub fn console_url(&self) -> Option<&str> {
        self.console_url.as_deref()
    }

    /// The address at which it answers the console alone, where it was given one.
    pub fn console_address(&self) -> Option<SocketAddr> {
        self.console.as_ref().map(|console| console.address)
    }

    /// Stops the server: says at `/readyz` that it stops, for [`HttpSettings::drain_delay`](crate::HttpSettings), then
    /// takes no new connection, answers the requests in progress, writes pending data.
    ///
    /// # Errors
    /// When the HTTP server has failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.health.stop();
        tokio::time::sleep(self.drain_delay).await;
        self.handle.stop(true).await;
        let ended = self.server.await;
        self.background.stop().await;
        if let Some(metrics) = self.metrics {
            metrics.stop().await;
        }
        if let Some(console) = self.console {
            console.stop().await;
        }
        Ok(ended.context("the server died")??)
    }
}

/// Well-known secrets are for a demo, and a demo is for this machine.
fn refuse_known_secrets(demo: bool, master: &SecretKey, address: SocketAddr) -> anyhow::Result<()> {
    if !demo && master::is_demos(master) {
        bail!("{}", master::DEMOS);
    }
    if demo && !address.ip().is_loopback() {
        bail!("{address}: demo data have well-known passwords: listen on loopback only, such as 127.0.0.1:8080");
    }
    Ok(())
}

/// The first reading: without it no token may be accepted.
async fn read_revocations(made: &Composition) -> anyhow::Result<()> {
    made.registry.sync().await.context("the revocations cannot be read")?;
    let compared = made.registry.compare_clocks().await;
    compared.context("the database's clock cannot be read")?;
    Ok(())
}

/// The listener for the console alone, where the settings have one. It answers nothing yet.
fn console_listener(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let wanted = config.console.listen.filter(|_| config.console.enabled);
    wanted
        .map(|address| server::bind("console.listen", address.0))
        .transpose()
}

/// The console, where it is enabled.
fn console(
    config: &Config,
    made: &Composition,
    own: Option<&TcpListener>,
    server: SocketAddr,
) -> anyhow::Result<Option<Console>> {
    if !config.console.enabled {
        return Ok(None);
    }
    let address = own.map_or(Ok(server), TcpListener::local_addr)?;
    let is_plain = own.is_some() && !config.console.tls;
    let scheme = if is_plain { "http" } else { config.scheme() };
    let origin = config
        .console
        .origin(scheme, address, config.http.public_url.as_deref())?;
    Console::new(config, made, origin).map(Some)
}

/// The listener for metrics alone, where the settings have one.
fn metrics_listener(
    config: &Config,
    application: &Application,
    tls: Option<&Arc<Tls>>,
) -> anyhow::Result<Option<OwnListener>> {
    let wanted = config.metrics.listen.zip(application.exporter());
    let tls = tls.filter(|_| config.metrics.tls);
    let listening = wanted.map(|(address, exporter)| metrics::listen(address.0, exporter, tls.cloned()));
    listening.transpose()
}
