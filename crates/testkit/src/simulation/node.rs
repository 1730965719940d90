//! One node: its clock, its connection, what it has in memory, and its services.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_core::{
    Clock, Entropy, Issuer, RefreshPolicy, Refreshing, RegistryLimits, SecretKey, Timestamp, TokenRegistry,
    TokenService, TokenStore,
};

use super::kernel::Kernel;
use super::line::Line;
use super::{MAX_OFFSET, Setup};
use crate::{ManualClock, Parts, Sessions};

/// For how long a node answers without having read the feed.
pub(super) const STALENESS: Duration = Duration::from_secs(5);

/// For how long the sessions of the simulation can be refreshed.
pub(super) const POLICY: RefreshPolicy = RefreshPolicy {
    grace: Duration::from_secs(30),
    idle: Duration::from_secs(120),
    absolute: Duration::from_secs(300),
};

/// A wall clock that is wrong by up to [`MAX_OFFSET`], and a monotonic one.
#[derive(Debug)]
pub(super) struct NodeClock {
    kernel: Arc<Kernel>,
    skew: Duration,
    offset_millis: AtomicI64,
}

impl NodeClock {
    fn new(kernel: Arc<Kernel>, skew: Duration) -> Arc<Self> {
        let clock = Self {
            kernel,
            skew: skew.min(MAX_OFFSET),
            offset_millis: AtomicI64::new(0),
        };
        clock.step();
        Arc::new(clock)
    }

    /// Sets the wall clock: it is wrong in another way from now on.
    pub(super) fn step(&self) -> i64 {
        let widest = self.skew.as_millis() as i64;
        let offset = self.kernel.below(2 * widest as usize + 1) as i64 - widest;
        self.offset_millis.store(offset, Ordering::SeqCst);
        offset
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        let offset = self.offset_millis.load(Ordering::SeqCst);
        let right = wall(self.kernel.now());
        Timestamp::from_millis(right.as_millis() + offset)
    }

    fn monotonic(&self) -> Duration {
        self.kernel.now()
    }
}

/// What a clock shows that is right.
pub(super) fn wall(time: Duration) -> Timestamp {
    ManualClock::START.plus(time)
}

/// A node from its start to its end: a restart makes another.
pub(super) struct Node {
    /// How many there were in its place before.
    pub(super) incarnation: u64,
    pub(super) clock: Arc<NodeClock>,
    pub(super) line: Arc<Line>,
    pub(super) registry: Arc<TokenRegistry>,
    pub(super) services: Vec<Service>,
}

/// One flavour on one node.
pub(super) struct Service {
    pub(super) issuer: Arc<dyn Issuer>,
    pub(super) sessions: Arc<dyn Sessions>,
}

impl Node {
    pub(super) fn first(kernel: Arc<Kernel>, line: Arc<Line>, setup: &Setup, entropy: &Arc<dyn Entropy>) -> Self {
        Self::start(0, NodeClock::new(kernel, setup.skew), line, setup, entropy)
    }

    /// The node after a restart: it remembers nothing.
    pub(super) fn restarted(&self, setup: &Setup, entropy: &Arc<dyn Entropy>) -> Self {
        let (clock, line) = (self.clock.clone(), self.line.clone());
        Self::start(self.incarnation + 1, clock, line, setup, entropy)
    }

    fn start(
        incarnation: u64,
        clock: Arc<NodeClock>,
        line: Arc<Line>,
        setup: &Setup,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        let limits = RegistryLimits {
            staleness: Some(STALENESS),
            ..RegistryLimits::default()
        };
        let (store, any_clock): (Arc<dyn TokenStore>, Arc<dyn Clock>) = (line.clone(), clock.clone());
        let registry = Arc::new(TokenRegistry::new(store, any_clock.clone(), limits));
        let service = |flavour: &super::Flavour| {
            let parts = Parts {
                flavour: flavour.name.into(),
                registry: registry.clone(),
                clock: any_clock.clone(),
                entropy: entropy.clone(),
            };
            let issuer = (flavour.build)(&parts);
            let refreshing = flavour.refreshes.then(|| Refreshing {
                policy: POLICY,
                seal: SecretKey::from_bytes([0x5e; 32]),
            });
            let sessions = TokenService::new(issuer.clone(), registry.clone(), entropy.clone(), refreshing);
            let sessions = sessions.expect("an issuer that records its sessions");
            let sessions = (setup.wrap)(Arc::new(sessions), any_clock.clone());
            Service { issuer, sessions }
        };
        let services = setup.flavours.iter().map(service).collect();
        Self {
            incarnation,
            clock,
            line,
            registry,
            services,
        }
    }
}
