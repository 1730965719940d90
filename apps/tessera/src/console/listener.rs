//! A listener for the console alone.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web;
use actix_web::{App, HttpServer};
use anyhow::Context;
use tokio::task::JoinHandle;

use crate::application::Application;
use crate::config::ListenAddress;
use crate::http::{self, not_found};

/// Some operators, each with a few connections.
const CONNECTIONS: usize = 256;

/// How long a browser may take for the head of a request, and between two requests.
const PATIENCE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(75);

/// A listener at work. It has a thread of its own, so that it answers also when the server's workers are busy.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

/// Takes the address.
pub(crate) fn bind(address: ListenAddress) -> anyhow::Result<TcpListener> {
    let address = address.0;
    TcpListener::bind(address)
        .with_context(|| format!("console.listen = {address}: cannot listen there; choose another"))
}

/// Answers there. Nothing but the console is answered.
pub(crate) fn listen(listener: TcpListener, application: &Application) -> anyhow::Result<Option<Listening>> {
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
        .client_request_timeout(PATIENCE)
        .keep_alive(IDLE)
        .shutdown_timeout(1)
        .disable_signals();
    let server = server.listen(listener).context("console.listen")?.run();
    Ok(Some(Listening {
        address,
        handle: server.handle(),
        server: tokio::spawn(server),
    }))
}

impl Listening {
    /// Stops listening.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        // It has served to the end, whatever ended it.
        drop(self.server.await);
    }
}
