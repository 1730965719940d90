//! Unknown tokens cause a bounded number of reads, and hide no token that is known.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    PresentedToken, RegistryLimits, Rejection, TokenId, TokenRegistry, Unavailable, UnknownRead, UnknownTokens,
    VerifyError,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use testkit::{FailingStore, ManualClock, MemoryHarness, StoreHarness};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// How many reads in vain this source gets at once.
async fn reads(unknown: &UnknownTokens, source: &str) -> usize {
    let mut reads = 0;
    while let Ok(read) = unknown.read(ip(source)).await {
        read.found_nothing();
        reads += 1;
    }
    reads
}

#[tokio::test]
async fn each_source_has_an_allowance_that_fills_up_again() {
    let clock = Arc::new(ManualClock::new());
    let unknown = UnknownTokens::new(clock.clone());
    assert_eq!(reads(&unknown, "192.0.2.1").await, 200);
    assert_eq!(reads(&unknown, "::ffff:192.0.2.1").await, 0);
    assert_eq!(reads(&unknown, "192.0.2.2").await, 200);
    assert_eq!(reads(&unknown, "2001:db8::1").await, 200);
    assert_eq!(reads(&unknown, "2001:db8::2").await, 0, "of the same /64");
    assert_eq!(reads(&unknown, "2001:db8:0:1::1").await, 200, "another /64");
    clock.advance(Duration::from_secs(1));
    assert_eq!(reads(&unknown, "192.0.2.1").await, 20);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(reads(&unknown, "192.0.2.1").await, 200);
    assert_eq!(unknown.refused(), 8, "the read that ended each of these series");
}

/// The memory of sources is bounded: those beyond it have one allowance together, until others are idle.
#[tokio::test]
async fn very_many_sources_share_an_allowance() {
    let clock = Arc::new(ManualClock::new());
    let unknown = UnknownTokens::new(clock.clone());
    let mut admitted = 0;
    for number in 0..20_000_u32 {
        if let Ok(read) = unknown.read(IpAddr::V4(number.into())).await {
            read.found_nothing();
            admitted += 1;
        }
    }
    assert_eq!(admitted, 10_200);
    assert_eq!(reads(&unknown, "192.0.2.1").await, 0);
    assert_eq!(
        reads(&unknown, "0.0.0.1").await,
        199,
        "one that has a place keeps its own"
    );
    clock.advance(Duration::from_secs(60));
    for source in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(reads(&unknown, source).await, 200, "those that are idle were forgotten");
    }
}

/// One read is given back every 50 ms. A whole allowance grows no further.
#[tokio::test]
async fn time_in_which_the_allowance_was_whole_is_not_saved_up() {
    let clock = Arc::new(ManualClock::new());
    let unknown = UnknownTokens::new(clock.clone());
    unknown.read(ip("192.0.2.1")).await.unwrap().found_nothing();
    clock.advance(Duration::from_millis(75));
    assert_eq!(reads(&unknown, "192.0.2.1").await, 200);
    clock.advance(Duration::from_millis(25));
    assert_eq!(reads(&unknown, "192.0.2.1").await, 0);
    clock.advance(Duration::from_millis(25));
    assert_eq!(reads(&unknown, "192.0.2.1").await, 1);
}

/// The holder of a /56 or a /48 has many networks of the size /64, and no more for it than a few times as much.
#[tokio::test]
async fn the_networks_of_a_wider_one_have_an_allowance_together() {
    let unknown = UnknownTokens::new(Arc::new(ManualClock::new()));
    let mut of_a_56 = 0;
    for n in 0..256 {
        of_a_56 += reads(&unknown, &format!("2001:db8:0:{n:x}::1")).await;
    }
    assert_eq!(of_a_56, 600);
    let mut of_its_48 = of_a_56;
    for n in 1..256 {
        of_its_48 += reads(&unknown, &format!("2001:db8:0:{n:x}00::1")).await;
    }
    assert_eq!(of_its_48, 2000);
    assert_eq!(reads(&unknown, "2001:db8:1::1").await, 200, "another /48");
}

/// After a start nothing is in memory: good tokens of one source that come all at once are looked up, and not refused.
#[tokio::test]
async fn reads_that_find_something_cost_nothing_however_many_are_under_way() {
    let unknown = UnknownTokens::new(Arc::new(ManualClock::new()));
    let mut under_way = Vec::new();
    for _ in 0..200 {
        under_way.push(unknown.read(ip("192.0.2.1")).await.unwrap());
    }
    let mut next = Box::pin(unknown.read(ip("192.0.2.1")));
    assert!(next.as_mut().now_or_never().is_none(), "it waits, and is not refused");
    assert!(
        unknown.read(ip("192.0.2.2")).now_or_never().unwrap().is_ok(),
        "another source"
    );
    drop(under_way.pop());
    assert!(next.now_or_never().unwrap().is_ok());
}

/// Those that wait are refused when those before them have found nothing.
#[tokio::test]
async fn a_source_that_waits_is_refused_when_its_allowance_is_used_up() {
    let unknown = UnknownTokens::new(Arc::new(ManualClock::new()));
    let mut under_way = Vec::new();
    for _ in 0..200 {
        under_way.push(unknown.read(ip("192.0.2.1")).await.unwrap());
    }
    let mut waiting: Vec<_> = (0..1000).map(|_| Box::pin(unknown.read(ip("192.0.2.1")))).collect();
    for read in &mut waiting {
        assert!(read.as_mut().now_or_never().is_none());
    }
    assert!(
        unknown.read(ip("192.0.2.1")).now_or_never().unwrap().is_err(),
        "too many wait"
    );
    under_way.into_iter().for_each(UnknownRead::found_nothing);
    for read in waiting {
        assert!(matches!(read.await, Err(Unavailable::TooManyUnknown)));
    }
}

/// A request that was given up gives back what it had, whether its read was under way or waited.
#[tokio::test]
async fn a_read_that_was_given_up_costs_nothing() {
    let unknown = UnknownTokens::new(Arc::new(ManualClock::new()));
    for _ in 0..10_000 {
        drop(unknown.read(ip("192.0.2.1")).await.unwrap());
    }
    let under_way = join_all((0..200).map(|_| unknown.read(ip("192.0.2.1")))).await;
    for _ in 0..10_000 {
        assert!(unknown.read(ip("192.0.2.1")).now_or_never().is_none());
    }
    drop(under_way);
    assert_eq!(reads(&unknown, "192.0.2.1").await, 200);
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

/// A client that goes on with its revoked token costs a read now and then, and its answer is true.
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

/// What is remembered is bounded. A flood that fills it delays a source's second answer, no longer than it is remembered
/// itself, and takes nothing away that is still remembered.
#[tokio::test]
async fn a_full_memory_of_unknown_tokens_makes_room_for_new_ones() {
    let node = Node::new().await;
    let calls_for = async |text: &str| {
        let before = node.store.calls();
        assert_eq!(node.present(1, text, "198.51.100.1").await, UNKNOWN);
        node.store.calls() - before
    };
    for number in 0..9_999 {
        let source = format!("192.0.2.{}", number / 200);
        assert_eq!(node.present(1, &format!("1|{number}"), &source).await, UNKNOWN);
    }
    node.clock.advance(Duration::from_secs(5));
    assert_eq!(calls_for("1|last").await, 1);
    assert_eq!(calls_for("1|last").await, 0, "the memory had room for it");
    assert_eq!(
        [calls_for("1|more").await, calls_for("1|more").await],
        [1, 1],
        "it is full"
    );
    node.clock.advance(Duration::from_secs(5));
    node.registry.sync().await.unwrap();
    assert_eq!(
        [calls_for("1|new").await, calls_for("1|new").await],
        [1, 0],
        "it has room"
    );
    assert_eq!(calls_for("1|last").await, 0, "it is remembered for ten seconds");
}
