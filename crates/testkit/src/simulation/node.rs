//! One node: its clock, its connection, what it has in memory, and its services.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_core::{
    Clock, Entropy, Issuer, Refreshing, RegistryLimits, SecretKey, Timestamp, TokenRegistry, TokenService, TokenStore,
};
use keystore::{KeyPurpose, KeyStore, Keyring, KeyringError};

use super::kernel::Kernel;
use super::key_line::KeyLine;
use super::line::Line;
use super::scheduler::now;
use super::{Build, Flavour, Following, MAX_OFFSET, POLICY, Setup};
use crate::{ManualClock, Parts, Sessions};

/// For how long a node answers without having read the feed.
pub(super) const STALENESS: Duration = Duration::from_secs(5);

/// A wall clock that is wrong by up to [`MAX_OFFSET`], and a monotonic one.
#[derive(Debug)]
pub(super) struct NodeClock {
    kernel: Arc<Kernel>,
    skew: Duration,
    offset_millis: AtomicI64,
}

impl NodeClock {
    pub(super) fn new(kernel: Arc<Kernel>, skew: Duration) -> Arc<Self> {
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

/// What a flavour's keys are for.
pub(super) fn purpose(flavour: &Flavour) -> KeyPurpose {
    KeyPurpose::new(flavour.name, "simulated").expect("a name without a slash")
}

/// The keys in a store, as one process sees them.
pub(super) fn keyring(keys: Arc<dyn KeyStore>, clock: Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Keyring {
    let master = SecretKey::from_bytes([0x3a; 32]);
    Keyring::new(keys, &master, clock, entropy.clone())
}

/// A node from its start to its end: a restart makes another.
pub(super) struct Node {
    /// How many there were in its place before.
    pub(super) incarnation: u64,
    pub(super) clock: Arc<NodeClock>,
    pub(super) line: Arc<Line>,
    pub(super) registry: Arc<TokenRegistry>,
    pub(super) keyring: Keyring,
    pub(super) services: Vec<Service>,
}

/// One flavour on one node.
pub(super) struct Service {
    pub(super) issuer: Arc<dyn Issuer>,
    pub(super) sessions: Arc<dyn Sessions>,
}

impl Node {
    pub(super) fn first(
        kernel: Arc<Kernel>,
        line: Arc<Line>,
        setup: &Setup,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, KeyringError> {
        Self::start(0, NodeClock::new(kernel, setup.skew), line, setup, entropy)
    }

    /// The node after a restart: it remembers nothing.
    pub(super) fn restarted(&self, setup: &Setup, entropy: &Arc<dyn Entropy>) -> Result<Self, KeyringError> {
        let (clock, line) = (self.clock.clone(), self.line.clone());
        Self::start(self.incarnation + 1, clock, line, setup, entropy)
    }

    fn start(
        incarnation: u64,
        clock: Arc<NodeClock>,
        line: Arc<Line>,
        setup: &Setup,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, KeyringError> {
        let limits = RegistryLimits {
            staleness: Some(STALENESS),
            ..RegistryLimits::default()
        };
        let store: Arc<dyn TokenStore> = line.clone();
        let registry = Arc::new(TokenRegistry::new(store, clock.clone(), limits));
        let keys = KeyLine {
            line: line.clone(),
            keys: setup.ports.keys.clone(),
        };
        let mut node = Self {
            incarnation,
            keyring: keyring(Arc::new(keys), clock.clone(), entropy),
            clock,
            line,
            registry,
            services: Vec::new(),
        };
        for flavour in &setup.flavours {
            let service = node.service(flavour, setup, entropy)?;
            node.services.push(service);
        }
        Ok(node)
    }

    fn service(&self, flavour: &Flavour, setup: &Setup, entropy: &Arc<dyn Entropy>) -> Result<Service, KeyringError> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let parts = Parts {
            flavour: flavour.name.into(),
            registry: self.registry.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let issuer = match &flavour.build {
            Build::Fixed(build) => build(&parts),
            Build::Signing(format, build) => {
                // A start waits for the database; here nothing fails meanwhile.
                let starting = keyring(setup.ports.keys.clone(), clock.clone(), entropy);
                let keys = now(starting.start(&purpose(flavour), &**format))?;
                let Following { issuer, follower } = build(&parts, &keys);
                self.keyring.follow(&keys, follower);
                issuer
            }
        };
        let refreshing = flavour.refreshes.then(|| Refreshing {
            policy: POLICY,
            seal: SecretKey::from_bytes([0x5e; 32]),
        });
        let sessions = TokenService::new(issuer.clone(), self.registry.clone(), entropy.clone(), refreshing);
        let sessions = sessions.expect("an issuer that records its sessions");
        Ok(Service {
            issuer,
            sessions: (setup.wrap)(Arc::new(sessions), clock),
        })
    }
}
