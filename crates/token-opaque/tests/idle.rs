//! Tokens that expire when they are not used.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Attributes, Generation, Grant, Issuer, Lifetime, NewAccount, PresentedToken, Realm, RegistryLimits, Rejection,
    Scopes, SecretKey, Subject, SystemEntropy, TokenId, TokenRegistry, Verifier, VerifyError,
};
use testkit::{ManualClock, MemoryHarness, Ports, StoreHarness};
use token_opaque::{OpaqueConfig, OpaqueIssuer};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Two nodes on one store, whose tokens expire after an hour without use, and after a day in any case.
struct Nodes {
    clock: Arc<ManualClock>,
    registries: [Arc<TokenRegistry>; 2],
    issuers: [OpaqueIssuer; 2],
}

impl Nodes {
    async fn new() -> Self {
        let (clock, ports) = (Arc::new(ManualClock::new()), ports().await);
        let registry = || {
            let limits = RegistryLimits {
                staleness: None,
                ..RegistryLimits::default()
            };
            Arc::new(TokenRegistry::new(ports.tokens.clone(), clock.clone(), limits))
        };
        let registries = [registry(), registry()];
        let issuer = |registry: &Arc<TokenRegistry>| {
            let config = OpaqueConfig {
                flavour: "device".into(),
                lifetime: Lifetime::Limited(HOUR * 24),
                idle: Some(HOUR),
                key: SecretKey::from_bytes([3; 32]),
            };
            OpaqueIssuer::new(config, registry.clone(), Arc::new(SystemEntropy))
        };
        let issuers = [issuer(&registries[0]), issuer(&registries[1])];
        Self {
            clock,
            registries,
            issuers,
        }
    }

    async fn issue(&self) -> (TokenId, String) {
        let grant = Grant::new(Subject(1), Generation(0), realm(), Scopes::none());
        let issued = self.issuers[0].issue(grant).await.unwrap();
        (issued.id, issued.plain.expose().to_owned())
    }

    /// Whether a node accepts the token now. It answers from memory where it can, as a server does.
    async fn accepts(&self, node: usize, text: &str) -> bool {
        let presented = PresentedToken::bearer(text);
        let issuer = &self.issuers[node];
        let answer = match issuer.verify_in_memory(&presented) {
            Some(answer) => answer,
            None => issuer.verify(&presented).await,
        };
        match answer {
            Ok(_) => true,
            Err(VerifyError::Rejected(Rejection::Expired | Rejection::Unknown)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn minutes_pass(&self, minutes: u32) {
        self.clock.advance(HOUR / 60 * minutes);
    }
}

fn realm() -> Realm {
    Realm::parse("players").unwrap()
}

async fn ports() -> Ports {
    let ports = MemoryHarness::new().ports();
    let account = NewAccount {
        subject: Some(Subject(1)),
        realm: realm(),
        login: "player".into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: ManualClock::START,
    };
    ports.accounts.create(account).await.unwrap().unwrap();
    ports
}

#[tokio::test]
async fn a_token_that_is_used_goes_on_and_one_that_is_not_expires() {
    let nodes = Nodes::new().await;
    let (_, used) = nodes.issue().await;
    let (_, unused) = nodes.issue().await;
    for _ in 0..6 {
        nodes.minutes_pass(59);
        assert!(nodes.accepts(0, &used).await);
    }
    assert!(!nodes.accepts(0, &unused).await && !nodes.accepts(1, &unused).await);
    nodes.minutes_pass(60);
    assert!(!nodes.accepts(0, &used).await, "exactly an hour after its last use");
}

#[tokio::test]
async fn a_use_on_one_node_counts_on_the_other() {
    let nodes = Nodes::new().await;
    let (_, token) = nodes.issue().await;
    assert!(nodes.accepts(1, &token).await);
    for _ in 0..3 {
        nodes.minutes_pass(59);
        assert!(nodes.accepts(0, &token).await);
    }
    nodes.registries[0].flush_used().await.unwrap();
    assert!(nodes.accepts(1, &token).await);
}

#[tokio::test]
async fn no_use_keeps_a_token_past_its_lifetime_or_what_it_was_shortened_to() {
    let nodes = Nodes::new().await;
    let (_, token) = nodes.issue().await;
    let (id, shortened) = nodes.issue().await;
    let until = nodes.clock_now().plus(HOUR * 2);
    assert!(nodes.issuers[0].shorten(id, until).await.unwrap());
    for half_hour in 1..48 {
        nodes.minutes_pass(30);
        assert!(nodes.accepts(0, &token).await, "{half_hour}");
        assert_eq!(nodes.accepts(0, &shortened).await, half_hour < 4, "{half_hour}");
    }
    nodes.minutes_pass(30);
    assert!(!nodes.accepts(0, &token).await, "its day is over");
}

#[tokio::test]
async fn an_expired_token_is_read_again_once_in_some_seconds() {
    let nodes = Nodes::new().await;
    let (_, token) = nodes.issue().await;
    assert!(nodes.accepts(0, &token).await);
    nodes.minutes_pass(61);
    assert!(!nodes.accepts(0, &token).await);
    let reads = nodes.registries[0].counters().reads;
    for _ in 0..10 {
        let from = PresentedToken::bearer(&token).from_source("192.0.2.1".parse().unwrap());
        let answer = nodes.issuers[0].verify(&from).await;
        assert_eq!(answer.unwrap_err(), Rejection::Unknown.into());
    }
    assert_eq!(nodes.registries[0].counters().reads, reads);
}

impl Nodes {
    fn clock_now(&self) -> auth_core::Timestamp {
        self.registries[0].now()
    }
}
