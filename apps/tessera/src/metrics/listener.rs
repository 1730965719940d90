//! A listener for metrics alone.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::App;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use anyhow::Context;

use super::access::to_anybody;
use super::exporter::Exporter;
use crate::http::not_found;
use crate::server::{self, OwnListener, Tls};

/// Some readers, each with a connection or two.
const CONNECTIONS: usize = 64;

/// Listens at this address, encrypted where there is a certificate.
pub(crate) fn listen(
    address: SocketAddr,
    exporter: Arc<Exporter>,
    tls: Option<Arc<Tls>>,
) -> anyhow::Result<OwnListener> {
    let listener = server::bind("metrics.listen", address)?;
    let address = listener.local_addr().context("the address cannot be read back")?;
    if !address.ip().is_loopback() {
        tracing::warn!(event = "metrics_open", %address, "who can reach this address can read the metrics");
    }
    let exporter = Data::from(exporter);
    let app = move || {
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add(("Cache-Control", "no-store"))
                    .add(("X-Content-Type-Options", "nosniff")),
            )
            .app_data(exporter.clone())
            .service(web::resource(super::PATH).to(to_anybody))
            .default_service(web::to(not_found))
    };
    OwnListener::run("metrics.listen", listener, CONNECTIONS, tls, app)
}
