//! A listener for metrics alone.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use anyhow::Context;
use tokio::task::JoinHandle;

use super::access::to_anybody;
use super::exporter::Exporter;
use crate::http::not_found;

/// Some readers, each with a connection or two.
const CONNECTIONS: usize = 64;

/// How long a reader may take for the head of a request, and between two requests: some ask once a minute.
const PATIENCE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(75);

/// A listener at work. It has a thread of its own, so that it answers also when the server's workers are busy.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

/// Listens at this address.
pub(crate) fn listen(address: SocketAddr, exporter: Arc<Exporter>) -> anyhow::Result<Listening> {
    let cannot = || format!("metrics.listen = {address}: cannot listen there; choose another");
    let listener = TcpListener::bind(address).with_context(cannot)?;
    let address = listener.local_addr().context("the address cannot be read back")?;
    if !address.ip().is_loopback() {
        tracing::warn!(event = "metrics_open", %address, "who can reach this address can read the metrics");
    }
    let exporter = Data::from(exporter);
    let server = HttpServer::new(move || {
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add(("Cache-Control", "no-store"))
                    .add(("X-Content-Type-Options", "nosniff")),
            )
            .app_data(exporter.clone())
            .service(web::resource(super::PATH).to(to_anybody))
            .default_service(web::to(not_found))
    });
    let server = server
        .workers(1)
        .max_connections(CONNECTIONS)
        .client_request_timeout(PATIENCE)
        .keep_alive(IDLE)
        .shutdown_timeout(1)
        .disable_signals();
    let server = server.listen(listener).with_context(cannot)?.run();
    Ok(Listening {
        address,
        handle: server.handle(),
        server: tokio::spawn(server),
    })
}

impl Listening {
    /// Stops listening.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        // It has served to the end, whatever ended it.
        drop(self.server.await);
    }
}
