//! What the workers of every listener share, and what counts their requests.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use auth_core::{PasswordHasher, RefusalPace};

use crate::composition::Composition;
use crate::config::Config;
use crate::health::Health;
use crate::http::request_id::RequestIds;
use crate::metrics::{Exporter, FlavourSource, Sources, Tally, WorkerCounts};

/// What the workers of every listener share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    refusals: Data<RefusalPace>,
    hasher: Data<PasswordHasher>,
    request_ids: Data<RequestIds>,
    tally: Option<Arc<Tally>>,
}

/// What counts, and what shows the counts.
#[derive(Debug)]
pub(super) struct Metrics {
    tally: Arc<Tally>,
    pub(super) exporter: Data<Exporter>,
    /// Whether they have a listener of their own.
    pub(super) apart: bool,
}

impl Shared {
    pub(super) fn new(made: &Composition, metrics: Option<&Metrics>) -> Self {
        Self {
            refusals: Data::from(made.refusals.clone()),
            hasher: Data::from(made.hasher.clone()),
            request_ids: Data::new(RequestIds {
                proxies: made.server.proxies.clone(),
                entropy: made.entropy.clone(),
            }),
            tally: metrics.map(|metrics| metrics.tally.clone()),
        }
    }

    /// Adds it to one worker of an HTTP server.
    pub(crate) fn register(&self, config: &mut ServiceConfig) {
        config.app_data(self.refusals.clone());
        config.app_data(self.hasher.clone());
        config.app_data(self.request_ids.clone());
        let counts = self.tally.as_ref().map(|tally| tally.worker());
        config.app_data(Data::new(counts.unwrap_or_else(WorkerCounts::off)));
    }
}

impl Metrics {
    pub(super) fn new(
        config: &Config,
        made: &Composition,
        paths: &HashMap<String, &str>,
        flavours: Vec<FlavourSource>,
        health: Arc<Health>,
    ) -> Self {
        let names = flavours.iter().map(|flavour| flavour.name.clone()).collect();
        let paths = paths.iter().map(|(path, owner)| (path, *owner));
        let tally = Arc::new(Tally::new(names, paths, made.clock.clone()));
        let exporter = Exporter::new(Sources {
            tally: tally.clone(),
            flavours,
            registry: made.registry.clone(),
            keyring: made.keyring.clone(),
            hasher: made.hasher.clone(),
            throttle: made.server.throttle.clone(),
            refusals: made.refusals.clone(),
            health,
            store: made.server.stores.health.clone(),
            connections: made.connections.clone(),
            tls: made.tls.clone(),
            clock: made.clock.clone(),
            started: made.clock.monotonic(),
        });
        Self {
            tally,
            exporter: Data::new(exporter),
            apart: config.metrics.listen.is_some(),
        }
    }
}
