//! `tessera serve`.

mod announce;
mod service_manager;
mod signals;
mod storage;

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, bail};
use clap::Args;

use super::database::{connect_and_listen, master_key};
use crate::builder::Start;
use crate::config::{Config, Overrides};
use crate::options::Common;
use crate::parts::Stores;
use crate::server::Tls;
use crate::{commands, master, telemetry};

use service_manager::ServiceManager;
use storage::Storage;

/// Run the server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Load demo people and partners, use a built-in master key, and listen on loopback only. Not for production.
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let _telemetry = telemetry::start()?;
        // Dropped before the log, in which it says what was lost.
        #[cfg(feature = "otel")]
        let _spans = telemetry::spans::start()?;
        let overrides = Overrides {
            listen: self.listen.clone(),
            ..common.overrides()
        };
        let config = common.builder().config(&overrides)?;
        // Before the database is opened, which may apply migrations: a start that is refused has changed nothing.
        config.tls.clone().map(Tls::load).transpose()?;
        let storage = Storage::choose(&config, self.demo)?;
        let config = if self.demo { for_demo(config)? } else { config };
        let listener = listen(config.listen, config.tls.is_some())?;
        let outcome = commands::runtime()?.block_on(self.serve(common, config, &storage, listener));
        storage.close();
        outcome
    }

    async fn serve(
        &self,
        common: &Common,
        config: Config,
        storage: &Storage,
        listener: TcpListener,
    ) -> anyhow::Result<()> {
        let store = connect_and_listen(&storage.url, &config).await?;
        let start = Start {
            stores: Stores::from(&store),
            master: master::load(&self.master_key(&config))?,
            config: config.clone(),
            listener,
            demo: self.demo,
        };
        let running = common.builder().start(start).await?;
        announce::ready(&config, &running, self.demo, common.json());
        let manager = ServiceManager::of_this_process();
        manager.ready(&format!("answering on {}", running.address()));
        let alive = manager.keep_alive();
        signals::until_stop(|| manager.reloading(|| running.reload_certificate())).await?;
        manager.stopping();
        tracing::info!(event = "stopping");
        let stopped = running.stop().await;
        if let Some(alive) = alive {
            alive.abort();
        }
        stopped
    }
}

impl Serve {
    fn master_key(&self, config: &Config) -> master::Source {
        match self.demo {
            true => master::Source::Demo,
            false => master_key(config),
        }
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

fn listen(address: SocketAddr, encrypts: bool) -> anyhow::Result<TcpListener> {
    if !address.ip().is_loopback() && !encrypts {
        tracing::warn!(event = "plain_http", %address, "tokens are sent unencrypted: set [tls], or put a TLS proxy in front");
    }
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}; choose another with --listen"))
}
