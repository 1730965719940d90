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

    /// The database, the revocations, the keys.
    pub(crate) fn parts(&self) -> Parts {
        let revocations = self.registry.staleness().is_some_and(|age| age <= self.max_staleness);
        let keys = self
            .keyring
            .health()
            .is_good(self.clock.monotonic(), self.max_staleness);
        [
            ("database", self.store.is_good()),
            ("revocations", revocations),
            ("keys", keys),
        ]
    }
}

/// The parts of a node that must be in order, and whether each is.
pub(crate) type Parts = [(&'static str, bool); 3];

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
    let parts = health.parts();
    let good = parts.iter().all(|(_, good)| *good);
    let word = |good: bool| if good { "ok" } else { "failing" };
    let mut response = match good {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    let parts = parts.map(|(part, good)| format!(r#","{part}":"{}""#, word(good)));
    let body = format!(r#"{{"status":"{}"{}}}"#, word(good), parts.concat());
    response.content_type("application/json").body(body)
}
