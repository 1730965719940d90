//! Unknown tokens cause a bounded number of reads, and hide no token that is known.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    PresentedToken, RegistryLimits, Rejection, TokenId, TokenRegistry, Unavailable, UnknownTokens, VerifyError,
};
use testkit::{FailingStore, ManualClock, MemoryHarness, StoreHarness};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// How many reads this source gets at once.
fn reads(unknown: &UnknownTokens, source: &str) -> usize {
    (0..10_000).take_while(|_| unknown.take(ip(source)).is_ok()).count()
}

#[test]
fn each_source_has_an_allowance_that_fills_up_again() {
    let clock = Arc::new(ManualClock::new());
    let unknown = UnknownTokens::new(clock.clone());
    assert_eq!(reads(&unknown, "192.0.2.1"), 200);
    assert_eq!(reads(&unknown, "::ffff:192.0.2.1"), 0);
    assert_eq!(reads(&unknown, "192.0.2.2"), 200);
    assert_eq!(reads(&unknown, "2001:db8::1"), 200);
    assert_eq!(reads(&unknown, "2001:db8::2"), 0, "of the same /64");
    unknown.give_back(ip("192.0.2.1"));
    assert_eq!(reads(&unknown, "192.0.2.1"), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(reads(&unknown, "192.0.2.1"), 20);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(reads(&unknown, "192.0.2.1"), 200);
    assert_eq!(unknown.refused(), 8, "the read that ended each of these series");
}

/// The memory of sources is bounded: those beyond it have one allowance together, until others are idle.
#[test]
fn very_many_sources_share_an_allowance() {
    let clock = Arc::new(ManualClock::new());
    let unknown = UnknownTokens::new(clock.clone());
    let admitted = (0..20_000_u32).filter(|number| unknown.take(IpAddr::V4((*number).into())).is_ok());
    assert_eq!(admitted.count(), 10_200);
    assert_eq!(reads(&unknown, "192.0.2.1"), 0);
    clock.advance(Duration::from_secs(60));
    assert_eq!(reads(&unknown, "192.0.2.1"), 200, "those that are idle were forgotten");
}

struct Node {
    store: Arc<FailingStore>,
    clock: Arc<ManualClock>,
    registry: TokenRegistry,
}

impl Node {
    async fn new() -> Self {
        let store = Arc::new(FailingStore::new(MemoryHarness::new().ports().tokens));
        let clock = Arc::new(ManualClock::new());
        let registry = TokenRegistry::new(store.clone(), clock.clone(), RegistryLimits::default());
        registry.sync().await.unwrap();
        Self { store, clock, registry }
    }

    async fn present(&self, id: i64, text: &str, source: &str) -> Result<(), VerifyError> {
        let presented = PresentedToken::bearer(text).from_source(ip(source));
        let found = self.registry.live_presented(TokenId(id), &presented, |_| true);
        found.await.map(drop)
    }
}

const UNKNOWN: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Unknown));
const TOO_MANY: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::TooManyUnknown));

#[tokio::test]
async fn ten_thousand_unknown_tokens_cause_few_reads() {
    let node = Node::new().await;
    let before = node.store.calls();
    let mut refused = 0;
    for id in 0..10_000 {
        match node.present(id, &format!("{id}|secret"), "192.0.2.1").await {
            answer if answer == TOO_MANY => refused += 1,
            answer => assert_eq!(answer, UNKNOWN),
        }
    }
    assert_eq!((node.store.calls() - before, refused), (200, 9_800));
    assert_eq!(node.present(1, "1|other", "192.0.2.2").await, UNKNOWN, "another source");
}

/// A client that goes on with its revoked token costs a read now and then, and is told what is true.
#[tokio::test]
async fn the_same_unknown_token_is_read_now_and_then() {
    let node = Node::new().await;
    let before = node.store.calls();
    for _ in 0..10_000 {
        assert_eq!(node.present(1, "1|secret", "192.0.2.1").await, UNKNOWN);
    }
    assert_eq!(node.store.calls() - before, 1);
    node.clock.advance(Duration::from_secs(10));
    node.registry.sync().await.unwrap();
    let before = node.store.calls();
    assert_eq!(node.present(1, "1|secret", "192.0.2.1").await, UNKNOWN);
    assert_eq!(node.store.calls() - before, 1);
}

/// Numbers are given in order: one that was unknown may be issued on another node the next moment.
#[tokio::test]
async fn a_number_that_was_guessed_before_it_was_issued_is_found() {
    let node = Node::new().await;
    assert_eq!(node.present(1, "1|guess", "192.0.2.1").await, UNKNOWN);
    node.store.meanwhile(
        testkit::Moment::Before,
        testkit::StoreCall::Find,
        Box::new(|| Box::pin(async {})),
    );
    let before = node.store.calls();
    assert_eq!(node.present(1, "1|secret", "192.0.2.1").await, UNKNOWN);
    assert_eq!(node.store.calls() - before, 1, "another text is looked up");
}

/// A failure of the store is nobody's fault: it costs no allowance.
#[tokio::test]
async fn a_failing_store_takes_no_allowance() {
    let node = Node::new().await;
    node.store.fail_all(true);
    for id in 0..1000 {
        let answer = node.present(id, &format!("{id}|secret"), "192.0.2.1").await;
        assert!(
            matches!(answer, Err(VerifyError::Unavailable(Unavailable::Store(_)))),
            "{answer:?}"
        );
    }
    node.store.fail_all(false);
    assert_eq!(node.present(1, "1|secret", "192.0.2.1").await, UNKNOWN);
}
