//! `/healthz`: the process runs. `/readyz`: it can serve requests.

mod store_check;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth_core::{Clock, TokenRegistry};
use keystore::Keyring;

pub(crate) use store_check::StoreCheck;

/// What `/readyz` answers from: all of it is in memory, so that a question costs nothing, however often it is asked.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) store: Arc<StoreCheck>,
    pub(crate) registry: Arc<TokenRegistry>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How old the node's list of revocations may be, and its signing keys.
    pub(crate) max_staleness: Duration,
    /// Whether the server is about to stop.
    pub(crate) stopping: AtomicBool,
}

impl Health {
    /// From now on `/readyz` answers 503, so that a proxy sends no more requests here.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(r#"{"status":"ok"}"#)
}

pub(crate) async fn ready(health: Data<Health>) -> HttpResponse {
    if health.stopping.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable()
            .content_type("application/json")
            .body(r#"{"status":"stopping"}"#);
    }
    let database = health.store.is_good();
    let revocations = health
        .registry
        .staleness()
        .is_some_and(|age| age <= health.max_staleness);
    let keys = health
        .keyring
        .health()
        .is_good(health.clock.monotonic(), health.max_staleness);
    let good = database && revocations && keys;
    let word = |good: bool| if good { "ok" } else { "failing" };
    let mut response = match good {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    let body = format!(
        r#"{{"status":"{}","database":"{}","revocations":"{}","keys":"{}"}}"#,
        word(good),
        word(database),
        word(revocations),
        word(keys)
    );
    response.content_type("application/json").body(body)
}
