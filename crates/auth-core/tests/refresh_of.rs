//! `TokenService::refresh_of`: a refresh token works for its owner alone, and another owner's attempt changes nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Attributes, Clock, Generation, Grant, Lifetime, NewAccount, Realm, RefreshError, RefreshPolicy, Refreshing,
    RegistryLimits, Scopes, SecretKey, Subject, TokenRegistry, TokenService, Tracked,
};
use testkit::{ManualClock, MemoryHarness, Ports, SeededEntropy, SimpleIssuer, StoreHarness};

async fn account(ports: &Ports, login: &str) -> Subject {
    let new = NewAccount {
        subject: None,
        realm: Realm::parse("apps").unwrap(),
        login: login.into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: ManualClock::new().now(),
    };
    ports.accounts.create(new).await.unwrap().unwrap()
}

fn service(ports: &Ports) -> TokenService {
    let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(1)));
    let limits = RegistryLimits {
        staleness: None,
        ..RegistryLimits::default()
    };
    let registry = Arc::new(TokenRegistry::new(ports.tokens.clone(), clock.clone(), limits));
    let quarter = Lifetime::Limited(Duration::from_secs(900));
    let simple = SimpleIssuer::new(
        "apps".into(),
        quarter,
        SecretKey::from_bytes([1; 32]),
        clock,
        entropy.clone(),
    );
    let refreshing = Refreshing {
        policy: RefreshPolicy::default(),
        seal: SecretKey::from_bytes([2; 32]),
    };
    let issuer = Arc::new(Tracked::new(simple, registry.clone()));
    TokenService::new(issuer, registry, entropy, Some(refreshing)).unwrap()
}

#[tokio::test]
async fn a_refresh_token_works_for_its_owner_alone() {
    let ports = MemoryHarness::new().ports();
    let (owner, other) = (account(&ports, "owner").await, account(&ports, "other").await);
    let service = service(&ports);
    let grant = Grant::new(owner, Generation(0), Realm::parse("apps").unwrap(), Scopes::none());
    let refresh = service.sign_in(grant).await.unwrap().refresh.unwrap();

    let refused = service.refresh_of(other, refresh.expose()).await;
    assert_eq!(refused.unwrap_err(), RefreshError::Unknown);
    let refreshed = service.refresh_of(owner, refresh.expose()).await.unwrap();
    assert_eq!(refreshed.session.subject, owner);
    assert_ne!(refreshed.refresh.unwrap().expose(), refresh.expose());
    let counted = service.clone().counters();
    assert_eq!(
        (
            counted.issued,
            counted.refreshed,
            counted.retried,
            counted.refresh_unknown
        ),
        (1, 1, 0, 1),
        "a clone is the same service"
    );
}

#[tokio::test]
async fn a_service_over_another_issuer_issues_its_tokens_and_counts_together_with_the_first() {
    let ports = MemoryHarness::new().ports();
    let owner = account(&ports, "owner").await;
    let first = service(&ports);
    let issuer = service(&ports).issuer().clone();
    let over = first.over(issuer.clone());
    assert!(Arc::ptr_eq(over.issuer(), &issuer));
    let grant = Grant::new(owner, Generation(0), Realm::parse("apps").unwrap(), Scopes::none());
    over.sign_in(grant).await.unwrap();
    assert_eq!(first.counters().issued, 1);
}
