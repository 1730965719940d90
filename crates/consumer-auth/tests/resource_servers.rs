//! Which resource server is accepted.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../../auth-core/tests/support/log.rs"]
mod log;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, SystemEntropy, Throttle, ThrottleLimits, TokenDigest};
use consumer_auth::{Audience, ResourceServerAuthenticator, ResourceServerError, ResourceServerStore, SecretRotation};
use log::Log;
use store_memory::MemoryStore;
use testkit::ManualClock;
use tracing::Level;

const HOUR: Duration = Duration::from_secs(3600);
const MAX_AGE: Duration = Duration::from_secs(5);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

struct World {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    authenticator: ResourceServerAuthenticator,
}

impl World {
    /// One resource server, `games` with the secret `first`, which is read.
    async fn new(calls_per_minute: u32) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new()));
        let throttle = Throttle::new(ThrottleLimits::default(), clock.clone(), &SystemEntropy).unwrap();
        let authenticator = ResourceServerAuthenticator::new(
            store.clone(),
            clock.clone(),
            Arc::new(throttle),
            calls_per_minute,
            MAX_AGE,
        );
        let world = Self {
            store,
            clock,
            authenticator,
        };
        let secret = TokenDigest::of(b"first");
        let put = world
            .store
            .put_resource_server("games", &secret, &Audience::All, world.clock.now());
        put.await.unwrap();
        world
    }

    async fn read(&self) {
        self.authenticator.reload().await.unwrap();
    }

    async fn ask(&self, id: &str, secret: &str, source: IpAddr) -> Result<(), ResourceServerError> {
        let asked = self.authenticator.authenticate(id, &secret.into(), source).await;
        asked.map(|server| assert_eq!(server.id, id))
    }
}

#[tokio::test]
async fn an_id_and_its_secret_are_accepted_and_nothing_else() {
    let world = World::new(1000).await;
    world.read().await;
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
    let digest = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";
    for (id, secret) in [
        ("games", "First"),
        ("games", ""),
        ("games", digest),
        ("Games", "first"),
        ("", "first"),
        ("unknown", "first"),
        ("first", "games"),
    ] {
        assert_eq!(
            world.ask(id, secret, THERE).await,
            Err(ResourceServerError::Refused),
            "{id} {secret}"
        );
    }
}

#[tokio::test]
async fn what_was_not_read_for_too_long_is_not_known() {
    let world = World::new(1000).await;
    assert_eq!(world.ask("games", "first", HERE).await, Err(ResourceServerError::Stale));
    world.read().await;
    world.clock.advance(MAX_AGE);
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
    world.clock.advance(Duration::from_millis(1));
    for secret in ["first", "wrong"] {
        assert_eq!(world.ask("games", secret, HERE).await, Err(ResourceServerError::Stale));
    }
    world.read().await;
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
}

#[tokio::test]
async fn a_change_counts_once_it_is_read() {
    let world = World::new(1000).await;
    world.read().await;
    world.store.set_resource_server_disabled("games", true).await.unwrap();
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
    world.read().await;
    for _ in 0..20 {
        // It is not guessing: it is never locked out.
        assert_eq!(
            world.ask("games", "first", HERE).await,
            Err(ResourceServerError::Refused)
        );
    }
    world.store.set_resource_server_disabled("games", false).await.unwrap();
    world.read().await;
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
}

#[tokio::test]
async fn the_secret_before_is_accepted_until_its_end() {
    let world = World::new(1000).await;
    let now = world.clock.now();
    let rotation = SecretRotation {
        key: "games".into(),
        from: TokenDigest::of(b"first"),
        to: TokenDigest::of(b"second"),
        previous_until: now.plus(HOUR),
        now,
    };
    assert!(world.store.rotate_resource_server(&rotation).await.unwrap());
    world.clock.advance(HOUR - Duration::from_millis(1));
    world.read().await;
    for secret in ["first", "second"] {
        assert_eq!(world.ask("games", secret, HERE).await, Ok(()), "{secret}");
    }
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.ask("games", "second", HERE).await, Ok(()));
    assert_eq!(
        world.ask("games", "first", HERE).await,
        Err(ResourceServerError::Refused)
    );
}

#[tokio::test]
async fn guesses_are_throttled_by_name_and_address() {
    let world = World::new(1000).await;
    world.read().await;
    let mut throttled = 0;
    for _ in 0..12 {
        match world.ask("games", "wrong", HERE).await {
            Err(ResourceServerError::Throttled(_)) => throttled += 1,
            other => assert_eq!(other, Err(ResourceServerError::Refused)),
        }
    }
    assert_eq!(throttled, 2, "ten at once");
    assert!(matches!(
        world.ask("games", "first", HERE).await,
        Err(ResourceServerError::Throttled(_))
    ));
    assert_eq!(world.ask("games", "first", THERE).await, Ok(()), "from elsewhere");
}

#[tokio::test]
async fn calls_are_bounded_by_minute_and_only_those_with_the_secret_count() {
    let world = World::new(2).await;
    world.read().await;
    for _ in 0..3 {
        assert_eq!(
            world.ask("games", "wrong", THERE).await,
            Err(ResourceServerError::Refused)
        );
    }
    for _ in 0..2 {
        assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
    }
    let Err(ResourceServerError::OverQuota(over)) = world.ask("games", "first", HERE).await else {
        panic!("a third call");
    };
    world.clock.advance(over.retry_after);
    world.read().await;
    assert_eq!(world.ask("games", "first", HERE).await, Ok(()));
}

/// People type secrets into the wrong field: an id that nobody has is not written down.
#[tokio::test]
async fn a_refusal_is_logged_with_its_reason_and_a_known_id_only() {
    let world = World::new(1).await;
    world.read().await;
    let log = Log::begin(Level::INFO);
    let secret = "first";
    let refused = async |id: &str, secret: &str, source| {
        world.ask(id, secret, source).await.unwrap_err();
        last_of(&log)
    };
    assert_eq!(
        refused("games", "wrong", HERE).await,
        ("games".into(), "wrong_secret".into())
    );
    assert_eq!(
        refused("typed into the wrong field", secret, HERE).await,
        ("?".into(), "unknown".into())
    );
    world.ask("games", secret, THERE).await.unwrap();
    assert_eq!(
        refused("games", secret, THERE).await,
        ("games".into(), "over_quota".into())
    );
    for (id, shown) in [("games", "games"), ("elsewhere", "?")] {
        while !matches!(
            world.ask(id, "wrong", HERE).await,
            Err(ResourceServerError::Throttled(_))
        ) {}
        assert_eq!(refused(id, "wrong", HERE).await, (shown.into(), "throttled".into()));
    }
}

#[test]
fn an_audience_has_the_flavours_it_names() {
    let named = Audience::Flavours(["login".into(), "device".into()].into());
    assert!(named.has("login") && named.has("device"));
    assert!(!named.has("log") && !named.has("mechanics"));
    assert!(Audience::All.has("mechanics"));
}

/// The resource server and the reason of the last event.
fn last_of(log: &Log) -> (String, String) {
    let events = log.take();
    let event = events.last().expect("an event");
    let field = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(field("event"), "resource_server_refused");
    (field("resource_server"), field("reason"))
}
