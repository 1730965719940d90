//! The HTTP server over a finished application.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{App as Actix, HttpResponse, HttpServer, web};
use anyhow::Context;

use crate::application::Application;
use crate::config::{Config, HttpSettings};
use crate::http;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may stay open without a request.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Starts the HTTP server. All workers share the application.
pub(crate) fn start(application: Application, config: &Config, listener: TcpListener) -> anyhow::Result<Server> {
    let application = Arc::new(application);
    let settings = config.http.clone();
    let server = HttpServer::new(move || {
        let application = application.clone();
        Actix::new()
            .wrap(from_fn(http::panic::caught))
            .wrap(from_fn(http::late::refusals))
            .wrap(Condition::new(!settings.cors_origins.is_empty(), cors(&settings)))
            .wrap(headers())
            .wrap(from_fn(http::request_id::identified))
            .configure(|config| application.register(config))
            .default_service(web::to(not_found))
    });
    let server = match config.http.workers {
        0 => server,
        workers => server.workers(workers),
    };
    let server = server
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(config.http.shutdown_timeout.0.as_secs())
        .disable_signals();
    Ok(server.listen(listener).context("cannot listen")?.run())
}

/// Default headers of every answer.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Cache-Control", "no-store"))
        .add(("X-Content-Type-Options", "nosniff"))
}

/// Origins are compared whole; credentials in the browser's sense (cookies) are never allowed.
fn cors(settings: &HttpSettings) -> Cors {
    let any = settings.cors_origins.iter().any(|origin| origin == "*");
    let cors = match any {
        true => Cors::default().send_wildcard().allow_any_origin(),
        false => settings
            .cors_origins
            .iter()
            .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin)),
    };
    let own = [
        HeaderName::from_static("x-access-token"),
        HeaderName::from_static("x-key"),
    ];
    cors.allowed_methods(["GET", "HEAD", "POST"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .allowed_headers(own)
        .expose_headers(["WWW-Authenticate", "Retry-After", "X-Request-Id"])
        .max_age(3600)
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("application/json")
        .body(r#"{"error":"not found"}"#)
}
