//! The HTTP server over a finished application.

mod capacity;
mod connection;
mod framing;
mod own_listener;
mod slots;
mod stream;
mod tls;
mod transport;
mod watch;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{App as Actix, Error, web};
use anyhow::Context;

use crate::application::Application;
use crate::config::{Config, HttpSettings};
use crate::console;
use crate::http::{self, not_found};

pub(crate) use capacity::Capacity;
pub(crate) use own_listener::{OwnListener, bind};
pub(crate) use slots::Slots;
pub(crate) use tls::{Reload, Tls};
use watch::Waits;

/// How long a client that is refused in the middle of its request may go on sending, so that it reads the refusal.
const LINGER: Duration = Duration::from_secs(1);

/// Starts the HTTP server. All workers share the application and the places for connections.
pub(crate) fn start(
    application: Application,
    config: &Config,
    capacity: Capacity,
    slots: Arc<Slots>,
    tls: Option<Arc<Tls>>,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    let application = Arc::new(application);
    let settings = config.http.clone();
    let workers = capacity::workers(&settings);
    let answering = Answering {
        workers,
        connections: capacity.connections.div_ceil(workers),
        shutdown: settings.shutdown_timeout.0,
        waits: waits(&settings),
        slots,
        tls,
    };
    let app = move || app(&application, &settings);
    answering.at(listener, app).context("cannot listen")
}

/// How the connections of one listener are answered.
struct Answering {
    workers: usize,
    /// How many a worker may hold that have a place.
    connections: usize,
    /// For requests that go on when it is stopped.
    shutdown: Duration,
    waits: Waits,
    slots: Arc<Slots>,
    tls: Option<Arc<Tls>>,
}

impl Answering {
    /// Answers with `app` there.
    fn at<T, B>(
        self,
        listener: TcpListener,
        app: impl Fn() -> Actix<T> + Clone + Send + 'static,
    ) -> std::io::Result<Server>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        T::Future: 'static,
        B: MessageBody + 'static,
    {
        let server = ServerBuilder::new()
            .workers(self.workers)
            .max_concurrent_connections(self.connections + capacity::REFUSABLE_PER_WORKER)
            .shutdown_timeout(self.shutdown.as_secs())
            .disable_signals();
        let stopping = server.graceful_shutdown_signal();
        let (waits, slots, tls) = (self.waits, self.slots, self.tls);
        let connections = move || {
            let app = app().into_factory();
            let app = app.map_err(|error: Error| error.error_response());
            let app = map_config(app, |()| AppConfig::default());
            connection::service(app, waits, slots.clone(), tls.clone(), stopping.clone())
        };
        Ok(server.listen("http", listener, connections)?.run())
    }
}

fn waits(settings: &HttpSettings) -> Waits {
    Waits {
        idle: settings.idle_timeout.0,
        head: settings.head_timeout.0,
        write: settings.write_timeout.0,
        linger: LINGER,
    }
}

/// What answers requests, of one worker.
fn app(
    application: &Application,
    settings: &HttpSettings,
) -> Actix<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    Actix::new()
        .wrap(from_fn(http::panic::caught))
        .wrap(from_fn(http::late::refusals))
        .wrap(Condition::new(!settings.cors_origins.is_empty(), cors(settings)))
        .wrap(from_fn(console::for_no_other_origin))
        .wrap(headers())
        .wrap(from_fn(http::request_id::identified))
        .configure(|config| application.register(config))
        .default_service(web::to(not_found))
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
        HeaderName::from_static("x-api-key"),
    ];
    cors.allowed_methods(["GET", "HEAD", "POST"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .allowed_headers(own)
        .expose_headers(["WWW-Authenticate", "Retry-After", "X-Request-Id", "Token-Expires-At"])
        .max_age(3600)
}
