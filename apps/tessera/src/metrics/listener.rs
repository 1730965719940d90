//! A listener for metrics alone.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use anyhow::Context;

use super::access::to_anybody;
use super::exporter::Exporter;
use crate::http::not_found;
use crate::http::own_listener::{self, HEAD_TIMEOUT, IDLE_TIMEOUT, OwnListener};

/// Some readers, each with a connection or two.
const CONNECTIONS: usize = 64;

/// Listens at this address.
pub(crate) fn listen(address: SocketAddr, exporter: Arc<Exporter>) -> anyhow::Result<OwnListener> {
    let listener = own_listener::bind("metrics.listen", address)?;
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
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(IDLE_TIMEOUT)
        .shutdown_timeout(1)
        .disable_signals();
    let server = server.listen(listener).context("metrics.listen")?.run();
    Ok(OwnListener::run(address, server))
}
