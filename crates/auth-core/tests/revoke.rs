//! `TokenService::revoke`: any token of a session ends it, and nothing else does.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Attributes, Clock, Generation, Grant, Issuer, Lifetime, NewAccount, PresentedToken, Realm, RefreshPolicy,
    Refreshing, RegistryLimits, RevokeError, Scopes, SecretKey, SignedIn, Subject, TokenRegistry, TokenService,
    Tracked, Unavailable,
};
use testkit::{ManualClock, MemoryHarness, Ports, SeededEntropy, SimpleIssuer, StoreHarness};

struct World {
    ports: Ports,
    clock: Arc<ManualClock>,
    service: TokenService,
    owner: Subject,
}

impl World {
    async fn new(tracked: bool) -> Self {
        let ports = MemoryHarness::new().ports();
        let new = NewAccount {
            subject: None,
            realm: realm(),
            login: "owner".into(),
            alias: None,
            role: None,
            attributes: Attributes::new(),
            created_at: ManualClock::new().now(),
        };
        let owner = ports.accounts.create(new).await.unwrap().unwrap();
        let clock = Arc::new(ManualClock::new());
        let service = service(&ports, &clock, tracked);
        Self {
            ports,
            clock,
            service,
            owner,
        }
    }

    async fn sign_in(&self) -> SignedIn {
        let grant = Grant::new(self.owner, Generation(0), realm(), Scopes::none());
        self.service.sign_in(grant).await.unwrap()
    }

    async fn revoke(&self, text: &str) -> bool {
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let presented = PresentedToken::bearer(text).from_source(source);
        self.service.revoke(&presented).await.unwrap().is_some()
    }

    async fn accepts(&self, text: &str) -> bool {
        let presented = PresentedToken::bearer(text);
        self.service.issuer().verify(&presented).await.is_ok()
    }
}

fn realm() -> Realm {
    Realm::parse("apps").unwrap()
}

fn service(ports: &Ports, clock: &Arc<ManualClock>, tracked: bool) -> TokenService {
    let entropy = Arc::new(SeededEntropy::new(1));
    let limits = RegistryLimits {
        staleness: None,
        ..RegistryLimits::default()
    };
    let registry = Arc::new(TokenRegistry::new(ports.tokens.clone(), clock.clone(), limits));
    let quarter = Lifetime::Limited(Duration::from_secs(900));
    let key = SecretKey::from_bytes([1; 32]);
    let simple = SimpleIssuer::new("apps".into(), quarter, key, clock.clone(), entropy.clone());
    let refreshing = || Refreshing {
        policy: RefreshPolicy::default(),
        seal: SecretKey::from_bytes([2; 32]),
    };
    let (issuer, refreshing): (Arc<dyn Issuer>, _) = match tracked {
        true => (Arc::new(Tracked::new(simple, registry.clone())), Some(refreshing())),
        false => (Arc::new(simple), None),
    };
    TokenService::new(issuer, registry, entropy, refreshing).unwrap()
}

#[tokio::test]
async fn an_access_token_ends_its_session_once() {
    let world = World::new(true).await;
    let (one, other) = (world.sign_in().await, world.sign_in().await);
    let access = one.token.plain.expose();
    assert!(world.revoke(access).await);
    assert!(!world.accepts(access).await && !world.revoke(access).await);
    let refresh = one.refresh.unwrap();
    assert!(world.service.refresh(refresh.expose()).await.is_err());
    assert!(!world.revoke(refresh.expose()).await, "its session has ended");
    assert!(world.accepts(other.token.plain.expose()).await);
}

#[tokio::test]
async fn every_refresh_token_of_a_session_ends_it() {
    for used in [0, 1, 2] {
        let world = World::new(true).await;
        let first = world.sign_in().await;
        let mut tokens = vec![first.refresh.unwrap()];
        for _ in 0..2 {
            let next = world.service.refresh(tokens.last().unwrap().expose()).await.unwrap();
            tokens.push(next.refresh.unwrap());
            world.clock.advance(Duration::from_secs(60));
        }
        assert!(world.revoke(tokens[used].expose()).await, "{used}");
        assert!(!world.accepts(first.token.plain.expose()).await);
        assert!(world.service.refresh(tokens[2].expose()).await.is_err());
    }
}

#[tokio::test]
async fn nothing_else_ends_a_session() {
    let world = World::new(true).await;
    let live = world.sign_in().await;
    let refresh = live.refresh.unwrap();
    let altered = match refresh.expose().strip_suffix('0') {
        Some(start) => format!("{start}1"),
        None => format!("{}0", &refresh.expose()[..63]),
    };
    for text in ["", "x", &"0".repeat(64), &altered, &refresh.expose().to_uppercase()] {
        assert!(!world.revoke(text).await, "{text}");
    }
    assert!(world.accepts(live.token.plain.expose()).await);
    assert!(world.service.refresh(refresh.expose()).await.is_ok());
}

#[tokio::test]
async fn unknown_refresh_tokens_of_one_source_are_looked_up_a_bounded_number_of_times() {
    let world = World::new(true).await;
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let texts: Vec<String> = (0..300).map(|number| format!("{number:064x}")).collect();
    let mut refused = 0;
    for text in &texts {
        let outcome = world
            .service
            .revoke(&PresentedToken::bearer(text).from_source(source))
            .await;
        match outcome {
            Ok(session) => assert_eq!(session, None),
            Err(error) => {
                assert_eq!(error, RevokeError::Unavailable(Unavailable::TooManyUnknown));
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    assert_eq!(
        world.ports.tokens.feed_state().await.unwrap().newest,
        0,
        "nothing was revoked"
    );
}

#[tokio::test]
async fn what_cannot_be_revoked_is_said_of_live_tokens_alone() {
    let world = World::new(false).await;
    let token = world.sign_in().await.token;
    let presented = PresentedToken::bearer(token.plain.expose());
    assert_eq!(world.service.revoke(&presented).await, Err(RevokeError::Unsupported));
    assert!(!world.revoke("unknown").await);
    world.clock.advance(Duration::from_secs(901));
    assert!(!world.revoke(token.plain.expose()).await);
}
