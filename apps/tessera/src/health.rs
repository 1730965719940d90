//! `/healthz`: the process runs. `/readyz`: it can serve requests.

mod store_check;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth_core::{Clock, TokenRegistry};
use dialects::description::{Operation, Schema};
use keystore::Keyring;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{FixedRoute, described};

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

/// The two paths, and their descriptions.
pub(crate) fn routes() -> [FixedRoute; 2] {
    let alive_schema = Schema::of::<Alive>();
    let alive_operation =
        Operation::new("Whether the process runs").responds(described(running(), "It runs.", &alive_schema, "ok"));
    let schema = Schema::of::<Readiness>();
    let ready_operation = Operation::new("Whether the server can serve requests")
        .about("Answered from memory: it may be asked often.")
        .responds(described(
            Readiness::of(true, true, true).response(),
            "It can.",
            &schema,
            "ok",
        ))
        .responds(described(
            Readiness::of(false, true, true).response(),
            "Something that it needs is failing.",
            &schema,
            "failing",
        ))
        .responds(described(
            Readiness::STOPPING.response(),
            "It is about to stop.",
            &schema,
            "stopping",
        ));
    [
        FixedRoute::get("/healthz", alive, alive_operation),
        FixedRoute::get("/readyz", ready, ready_operation),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Alive {
    status: Word,
}

/// What `/readyz` answers. While the server stops, it has the first member only.
#[derive(Serialize, JsonSchema)]
struct Readiness {
    status: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<Word>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocations: Option<Word>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Word>,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Ok,
    Failing,
    Stopping,
}

impl Word {
    fn of(good: bool) -> Self {
        if good { Self::Ok } else { Self::Failing }
    }
}

impl Readiness {
    const STOPPING: Self = Self {
        status: Word::Stopping,
        database: None,
        revocations: None,
        keys: None,
    };

    fn of(database: bool, revocations: bool, keys: bool) -> Self {
        Self {
            status: Word::of(database && revocations && keys),
            database: Some(Word::of(database)),
            revocations: Some(Word::of(revocations)),
            keys: Some(Word::of(keys)),
        }
    }

    fn response(&self) -> HttpResponse {
        match self.status {
            Word::Ok => HttpResponse::Ok().json(self),
            _ => HttpResponse::ServiceUnavailable().json(self),
        }
    }
}

async fn alive() -> HttpResponse {
    running()
}

fn running() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(r#"{"status":"ok"}"#)
}

async fn ready(health: Data<Health>) -> HttpResponse {
    if health.stopping.load(Ordering::Relaxed) {
        return Readiness::STOPPING.response();
    }
    let [(_, database), (_, revocations), (_, keys)] = health.parts();
    Readiness::of(database, revocations, keys).response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use auth_core::{RegistryLimits, SecretKey, StoreError, SystemEntropy};
    use store_memory::MemoryStore;
    use testkit::ManualClock;

    use super::*;
    use crate::parts::StoreHealth;

    #[derive(Debug, Default)]
    struct Counted(AtomicUsize);

    #[async_trait::async_trait]
    impl StoreHealth for Counted {
        async fn check(&self) -> Result<(), StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }

    /// Anybody may ask, as often as they like: it must not become the database's work.
    #[tokio::test]
    async fn a_question_costs_no_query() {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new()));
        let (counted, entropy) = (Arc::new(Counted::default()), Arc::new(SystemEntropy));
        let master = SecretKey::from_bytes([9; 32]);
        let health = Data::new(Health {
            store: Arc::new(StoreCheck::new(counted.clone(), clock.clone())),
            registry: Arc::new(TokenRegistry::new(
                store.clone(),
                clock.clone(),
                RegistryLimits::default(),
            )),
            keyring: Arc::new(Keyring::new(store, &master, clock.clone(), entropy)),
            clock,
            max_staleness: Duration::from_secs(5),
            stopping: AtomicBool::new(false),
        });
        for _ in 0..100 {
            assert_eq!(ready(health.clone()).await.status(), 503, "nothing was checked yet");
        }
        assert_eq!(counted.0.load(Ordering::Relaxed), 0);
        health.store.run().await;
        assert_eq!(counted.0.load(Ordering::Relaxed), 1);
    }
}
