//! A listener for the console alone.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web;
use actix_web::{App, HttpServer};
use anyhow::Context;

use crate::application::Application;
use crate::http::own_listener::{HEAD_TIMEOUT, IDLE_TIMEOUT, OwnListener};
use crate::http::{self, not_found};

/// Some operators, each with a few connections.
const CONNECTIONS: usize = 256;

/// Answers there. Nothing but the console is answered.
pub(crate) fn listen(listener: TcpListener, application: &Application) -> anyhow::Result<Option<OwnListener>> {
    let Some(console) = application.console() else {
        return Ok(None);
    };
    let address = listener.local_addr().context("the address cannot be read back")?;
    let shared = Arc::new(application.shared());
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(http::late::refusals))
            .wrap(from_fn(http::request_id::identified))
            .configure(|config| shared.register(config))
            .configure(|config| console.register(config))
            .default_service(web::to(not_found))
    });
    let server = server
        .workers(1)
        .max_connections(CONNECTIONS)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(IDLE_TIMEOUT)
        .shutdown_timeout(1)
        .disable_signals();
    let server = server.listen(listener).context("console.listen")?.run();
    Ok(Some(OwnListener::run(address, server)))
}
