//! The tasks, with the clock and the runtime's time held.

use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use auth_core::{
    Clock, Realm, RegistryLimits, Scopes, SecretKey, SystemEntropy, Throttle, ThrottleLimits, Timestamp, TokenDigest,
};
use consumer_auth::{Audience, ResourceServerError, ResourceServerStore};
use keystore::{KeyPurpose, KeyStore, StoredKey};
use permissions::{Role, RoleName, RoleStore};
use secrecy::SecretString;
use store_memory::MemoryStore;
use testkit::{FailingStore, ManualClock};

use super::*;
use crate::config::RevocationSettings;

/// Everything that follows the store, on one.
struct Followers {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    registry: Arc<TokenRegistry>,
    keyring: Arc<Keyring>,
    resource_servers: Arc<ResourceServerAuthenticator>,
    _tasks: JoinSet<()>,
}

impl Followers {
    fn start() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new()));
        let (master, entropy) = (SecretKey::from_bytes([9; 32]), Arc::new(SystemEntropy));
        let keyring = Arc::new(Keyring::new(store.clone(), &master, clock.clone(), entropy.clone()));
        let limits = RegistryLimits::default();
        let registry = Arc::new(TokenRegistry::new(store.clone(), clock.clone(), limits));
        let throttle = Throttle::new(ThrottleLimits::default(), clock.clone(), &*entropy).unwrap();
        // Whatever was not read right now is too old.
        let max_age = Duration::ZERO;
        let resource_servers =
            ResourceServerAuthenticator::new(store.clone(), clock.clone(), Arc::new(throttle), 1000, max_age);
        let resource_servers = Arc::new(resource_servers);
        let periods = Periods::of(&RevocationSettings::default());
        let mut tasks = JoinSet::new();
        follow_revocations(&mut tasks, registry.clone(), keyring.clone(), periods);
        tasks.spawn(read_resource_servers(resource_servers.clone(), periods));
        Self {
            store,
            clock,
            registry,
            keyring,
            resource_servers,
            _tasks: tasks,
        }
    }

    /// Which of them have read the store by now: the feed, the keys, the resource servers.
    async fn have_read(&self) -> [bool; 3] {
        let now = self.clock.monotonic();
        let (secret, source) = (SecretString::from("secret"), IpAddr::from([127, 0, 0, 1]));
        let asked = self.resource_servers.authenticate("api", &secret, source);
        [
            self.registry.staleness() == Some(Duration::ZERO),
            self.keyring.health().read_at == Some(now),
            !matches!(asked.await, Err(ResourceServerError::Stale)),
        ]
    }
}

/// A key that signs from now on.
fn key(now: Timestamp) -> StoredKey {
    StoredKey {
        name: "first".to_owned(),
        purpose: KeyPurpose::from_stored("shops/EdDSA"),
        sealed: vec![1, 2, 3],
        created_at: now,
        activates_at: now,
        retires_at: None,
    }
}

/// A stolen key is refused elsewhere as soon as a revoked token is: its retirement is read at the same pace.
#[tokio::test(start_paused = true)]
async fn the_keys_are_read_as_often_as_the_revocations() {
    let followers = Followers::start();
    for _ in 0..5 {
        followers.clock.advance(Duration::from_secs(1));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(followers.have_read().await, [true; 3]);
    }
}

/// A change is read long before the next turn, by the one that it concerns.
#[tokio::test(start_paused = true)]
async fn each_follower_is_woken_by_a_change_of_what_it_follows() {
    let followers = Followers::start();
    let (soon, store) = (Duration::from_millis(25), followers.store.clone());
    let realm = Realm::parse("workshops").unwrap();
    let (name, permissions) = (RoleName::parse("owner").unwrap(), Scopes::none());
    let role = Role {
        realm,
        name,
        permissions,
    };
    let now = followers.clock.now();
    sleep(soon).await;
    for concerned in 0..3 {
        followers.clock.advance(Duration::from_secs(1));
        match concerned {
            0 => store.put(&role, now).await.unwrap(),
            1 => assert!(store.insert_first(&key(now)).await.unwrap()),
            _ => {
                let digest = TokenDigest::of(b"secret");
                let put = store.put_resource_server("api", &digest, &Audience::All, now);
                put.await.unwrap();
            }
        }
        sleep(soon).await;
        let expected = [0, 1, 2].map(|follower| follower == concerned);
        assert_eq!(followers.have_read().await, expected, "{concerned}");
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A wrong clock ends tokens early or late: an operator must hear of it, once, and when it is right again.
#[tokio::test(start_paused = true)]
async fn a_clock_that_differs_is_logged_when_it_begins_and_when_it_ends() {
    let (log, own) = (Log::default(), Arc::new(ManualClock::new()));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _logged = tracing::subscriber::set_default(subscriber.finish());
    let store = FailingStore::new(Arc::new(MemoryStore::new())).with_clock(Arc::new(ManualClock::new()));
    let registry = TokenRegistry::new(Arc::new(store), own.clone(), RegistryLimits::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(compare_clocks(Arc::new(registry)));
    let round = async || {
        sleep(CLOCKS_EVERY + Duration::from_millis(1)).await;
        let text = log.text();
        ["clock_differs", "clock_agrees"].map(|event| text.matches(event).count())
    };
    assert_eq!(round().await, [0, 0]);
    own.set(ManualClock::START.minus(Duration::from_secs(6)));
    assert_eq!(round().await, [1, 0]);
    assert_eq!(round().await, [1, 0]);
    assert!(log.text().contains("ahead_ms=-6000"), "{}", log.text());
    own.set(ManualClock::START.plus(Duration::from_secs(5)));
    assert_eq!(round().await, [1, 1]);
}

#[test]
fn a_clock_differs_beyond_what_servers_tolerate_in_either_direction() {
    assert!(!differs(0) && !differs(5000) && !differs(-5000));
    assert!(differs(5001) && differs(-5001) && differs(i64::MIN));
}

#[test]
fn what_does_not_work_is_logged_when_it_begins() {
    let failing = log(Err(KeyringError::NothingToReplace), Vec::new());
    assert_eq!(failing, [KeyringError::NothingToReplace.to_string()]);
    assert!(log(Ok(Reloaded::default()), failing).is_empty());
}
