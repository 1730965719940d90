//! A listener for the console alone.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::App;
use actix_web::middleware::from_fn;
use actix_web::web;

use crate::application::Application;
use crate::http::{self, not_found};
use crate::server::{OwnListener, Tls};

/// Some operators, each with a few connections.
const CONNECTIONS: usize = 256;

/// Answers there, encrypted where there is a certificate. Nothing but the console is answered.
pub(crate) fn listen(
    listener: TcpListener,
    application: &Application,
    tls: Option<Arc<Tls>>,
) -> anyhow::Result<Option<OwnListener>> {
    let Some(console) = application.console() else {
        return Ok(None);
    };
    let shared = Arc::new(application.shared());
    let app = move || {
        App::new()
            .wrap(from_fn(http::late::refusals))
            .wrap(from_fn(http::request_id::identified))
            .configure(|config| shared.register(config))
            .configure(|config| console.register(config))
            .default_service(web::to(not_found))
    };
    OwnListener::run("console.listen", listener, CONNECTIONS, tls, app).map(Some)
}
