//! `tessera serve`.

mod announce;
mod parts;
mod place;
mod server;
mod signals;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::{Clock, SystemClock};
use clap::Args;
use store_diesel::{DieselStore, StoreOptions};

use crate::app::App;
use crate::background::Background;
use crate::config::{Config, Overrides};
use crate::keys::Keys;
use crate::options::Common;
use crate::{commands, demo, master, telemetry};

use place::Place;

/// The database of a server that is told of none.
pub const DEFAULT_DATABASE: &str = "sqlite:tessera.db";

/// Run the server.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    common: Common,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Load demo people and partners, use a built-in master key, and listen on loopback only. Not for production.
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<()> {
        telemetry::start()?;
        let overrides = Overrides {
            listen: self.listen.clone(),
            ..self.common.overrides()
        };
        let config = Config::load(&overrides)?;
        let place = Place::choose(&config, self.demo)?;
        let config = if self.demo { for_demo(config)? } else { config };
        let listener = listen(config.listen)?;
        let outcome = commands::runtime()?.block_on(self.serve(config, &place, listener));
        place.leave();
        outcome
    }

    async fn serve(&self, config: Config, place: &Place, listener: TcpListener) -> anyhow::Result<()> {
        let address = listener.local_addr().context("the address cannot be read back")?;
        let public_url = config
            .http
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let store = connect(&place.url).await?;
        let master = master::load(&place.master_key(&config, self.demo)?)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let keys = Arc::new(Keys::open(&store, &master, clock.clone()).await?);
        let ingredients = parts::gather(&config, store.clone(), master, clock, public_url.clone())?;
        if self.demo {
            let now = ingredients.parts.clock.now();
            let loaded = demo::load(&store, &ingredients.hasher, config.passwords.cost, now).await;
            loaded.context("the demo data cannot be loaded")?;
        }
        let registry = ingredients.parts.registry.clone();
        registry.sync().await.context("the revocations cannot be read")?;
        let app = App::build(&config, &ingredients, &keys).await?;
        let poll = Duration::from_millis(config.revocation.poll_ms);
        let background = Background::start(registry, keys, poll);
        let server = server::start(app, &config, listener)?;
        let handle = server.handle();
        let running = tokio::spawn(server);
        announce::ready(&config, address, self.demo, self.common.json);
        signals::stop_asked().await?;
        tracing::info!(event = "stopping");
        handle.stop(true).await;
        running.await.context("the server died")??;
        background.stop().await;
        Ok(())
    }
}

/// Opens the database and brings its schema up to date.
pub async fn connect(url: &str) -> anyhow::Result<DieselStore> {
    let connected = DieselStore::connect(url, &StoreOptions::default()).await;
    connected.with_context(|| format!("database_url = {}", without_password(url)))
}

/// A database's URL as it may be shown.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:…@{host}", user.split(':').next().unwrap_or_default()),
        None => format!("{scheme}://{rest}"),
    }
}

fn for_demo(mut config: Config) -> anyhow::Result<Config> {
    if !config.listen.ip().is_loopback() {
        bail!(
            "listen = {}: --demo has well-known passwords and listens on loopback only, such as 127.0.0.1:8080",
            config.listen
        );
    }
    if config.http.cors_origins.is_empty() {
        config.http.cors_origins = vec!["*".into()];
    }
    Ok(config)
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    if !address.ip().is_loopback() {
        tracing::warn!(event = "plain_http", %address, "tokens travel in clear: put a proxy with TLS before this");
    }
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}; choose another with --listen"))
}
