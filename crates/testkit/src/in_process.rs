//! The harness for an issuer in this process: two nodes and another flavour over one store. A law controls the clock, the
//! random source and the faults.

mod issuer;
mod node;
mod prints;
mod service;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::{
    Clock, Entropy, FlavourName, Generation, Grant, Issuer, Realm, RefreshPolicy, Scope, Scopes, TokenId,
    TokenRegistry, TokenStore,
};
use permissions::{Role, RoleName};

use crate::ManualClock;
use crate::entropy::FailingEntropy;
use crate::failing::FailingStore;
use crate::harness::{Issued, Owner};
use crate::ports::{MemoryHarness, Ports, StoreHarness};
use crate::skewed_clock::SkewedClock;

use node::{Node, parts};
pub use service::Sessions;

/// What an issuer under test is built from.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The flavour of its tokens.
    pub flavour: FlavourName,
    /// The active tokens that its node has in memory.
    pub registry: Arc<TokenRegistry>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
}

/// For how long a node answers without reading the feed.
const STALENESS: Duration = Duration::from_secs(5);

/// An issuer in this process.
///
/// It is built three times from [`Parts`]: for this node, for another node of the same flavour, and for another flavour
/// on this node. The builder must use the same keys each time.
#[derive(Debug)]
pub struct InProcess {
    store_harness: Arc<dyn StoreHarness>,
    ports: Ports,
    store: Arc<FailingStore>,
    clock: Arc<ManualClock>,
    /// The other node's.
    clock_elsewhere: Arc<SkewedClock>,
    entropy: Arc<FailingEntropy>,
    here: Node,
    elsewhere: Node,
    foreign: Node,
    owners: AtomicU64,
    /// The key of each session, from its first token; later tokens of the session have the same key.
    keys: Mutex<HashMap<TokenId, String>>,
    policy: RefreshPolicy,
    many: usize,
    rotations: usize,
}

impl InProcess {
    /// The issuer made by `build`, over a new store in memory.
    pub async fn in_memory(build: impl Fn(&Parts) -> Arc<dyn Issuer>) -> Self {
        Self::over(Arc::new(MemoryHarness::new()), build).await
    }

    /// The issuer made by `build`, over this store.
    pub async fn over(store_harness: Arc<dyn StoreHarness>, build: impl Fn(&Parts) -> Arc<dyn Issuer>) -> Self {
        let ports = store_harness.ports();
        let clock = Arc::new(ManualClock::new());
        let clock_elsewhere = Arc::new(SkewedClock::new(clock.clone()));
        let store = Arc::new(FailingStore::new(ports.tokens.clone()).with_clock(clock.clone()));
        let entropy = Arc::new(FailingEntropy::new(1));
        let policy = RefreshPolicy::default();
        let tokens: Arc<dyn TokenStore> = store.clone();
        let (any_clock, any_entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (clock.clone(), entropy.clone());
        let here = parts("mechanics".into(), &tokens, &any_clock, &any_entropy);
        let other_clock: Arc<dyn Clock> = clock_elsewhere.clone();
        let elsewhere = parts("mechanics".into(), &tokens, &other_clock, &any_entropy);
        let foreign = Parts {
            flavour: "device".into(),
            ..here.clone()
        };
        let node = |parts| Node::new(parts, &build, policy);
        let harness = Self {
            here: node(here),
            elsewhere: node(elsewhere),
            foreign: node(foreign),
            store_harness,
            ports,
            store,
            clock,
            clock_elsewhere,
            entropy,
            owners: AtomicU64::new(0),
            keys: Mutex::default(),
            policy,
            many: 1000,
            rotations: 10_000,
        };
        harness.sync_all().await;
        harness
    }

    /// Sets how many tokens a law issues that needs many, and how often one refreshes: fewer for slow stores.
    #[must_use]
    pub fn many(self, many: usize, rotations: usize) -> Self {
        Self {
            many,
            rotations,
            ..self
        }
    }

    /// Replaces the service of each node, for example by a broken one.
    #[must_use]
    pub fn with_sessions(mut self, wrap: impl Fn(Arc<dyn Sessions>) -> Arc<dyn Sessions>) -> Self {
        for node in [&mut self.here, &mut self.elsewhere, &mut self.foreign] {
            node.sessions = node.sessions.take().map(&wrap);
        }
        self
    }

    async fn sync_all(&self) {
        self.here.sync().await;
        self.elsewhere.sync().await;
    }

    async fn put_role(&self, name: &str, rights: &[String]) {
        let role = Role {
            realm: realm(),
            name: RoleName::parse(name).expect("a role's name"),
            permissions: scopes(rights),
        };
        self.ports.roles.put(&role, self.clock.now()).await.expect("put a role");
    }

    async fn generation(&self, owner: &Owner) -> Generation {
        let account = self.ports.accounts.find(owner.subject).await.expect("find an account");
        account.expect("the owner has an account").generation
    }

    /// The token with the key of its session.
    fn with_key(&self, session: Option<TokenId>, token: Issued) -> Issued {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(session), key) = (session, token.key.clone()) else {
            return token;
        };
        let key = match key {
            Some(key) => Some(keys.entry(session).insert_entry(key).get().clone()),
            None => keys.get(&session).cloned(),
        };
        Issued { key, ..token }
    }

    async fn grant(&self, owner: &Owner) -> Grant {
        Grant::new(
            owner.subject,
            self.generation(owner).await,
            realm(),
            scopes(&owner.rights),
        )
    }
}

fn realm() -> Realm {
    Realm::parse("people").expect("the name of a realm")
}

pub(crate) fn scopes(rights: &[String]) -> Scopes {
    rights
        .iter()
        .map(|right| Scope::parse(right).expect("the name of a right"))
        .collect()
}
