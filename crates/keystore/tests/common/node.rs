//! A keyring over a store in memory, a format of keys, and a follower that shows what it was handed.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::{SecretKey, SystemEntropy};
use keystore::{
    ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyNamer, KeyPurpose, KeyStore, Keyring, PlainKey,
    RotateOutcome, RotationPlan, StoredKey,
};
use store_memory::MemoryStore;
use testkit::ManualClock;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const LIFE: Duration = Duration::from_secs(900);
pub(crate) const PLAN: RotationPlan = RotationPlan {
    publish_for: HOUR,
    longest_life: LIFE,
};

/// One database, and one node on it.
pub(crate) struct Node {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keyring: Keyring,
}

impl Node {
    pub(crate) fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new()));
        let keyring = keyring(&store, &clock);
        Self { store, clock, keyring }
    }

    /// Another node on the same database.
    pub(crate) fn other(&self) -> Keyring {
        keyring(&self.store, &self.clock)
    }

    /// Starts a follower of a purpose.
    pub(crate) async fn follower(&self, purpose: &KeyPurpose) -> Arc<Follower> {
        let keys = self.keyring.start(purpose, &Format::default()).await.expect("keys");
        let follower = Arc::new(Follower::default());
        follower.use_keys(&keys).expect("usable keys");
        self.keyring.follow(&keys, follower.clone());
        follower
    }

    /// Adds a key that does not open, by rotation.
    pub(crate) async fn add_damaged(&self, name: &str, purpose: &KeyPurpose) {
        let mut stored = self.store.keys().await.expect("keys").remove(0);
        stored.name = name.into();
        stored.purpose = purpose.clone();
        stored.activates_at = auth_core::Clock::now(&*self.clock);
        stored.created_at = stored.activates_at;
        stored.retires_at = None;
        let added = self.store.rotate(&stored, stored.activates_at.plus(LIFE)).await;
        assert_eq!(added.expect("rotate"), RotateOutcome::Rotated);
    }

    pub(crate) async fn stored(&self, name: &str) -> StoredKey {
        let keys = self.store.keys().await.expect("keys");
        keys.into_iter().find(|key| key.name == name).expect("the key")
    }
}

pub(crate) fn master() -> SecretKey {
    SecretKey::from_bytes([9; 32])
}

fn keyring(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Keyring {
    Keyring::new(store.clone(), &master(), clock.clone(), Arc::new(SystemEntropy))
}

pub(crate) fn purpose(flavour: &str) -> KeyPurpose {
    KeyPurpose::new(flavour, "test").expect("a purpose")
}

pub(crate) fn key(name: &str) -> PlainKey {
    PlainKey::new(name, format!("the secret of {name}").into_bytes()).expect("a key")
}

/// Keys named `made-0`, `made-1`, …
#[derive(Debug, Default)]
pub(crate) struct Format {
    made: AtomicU64,
    import_only: bool,
}

impl Format {
    pub(crate) fn import_only() -> Self {
        Self {
            import_only: true,
            ..Self::default()
        }
    }
}

impl KeyFormat for Format {
    fn algorithm(&self) -> &str {
        "test"
    }

    fn publish_for(&self) -> Duration {
        HOUR
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        if self.import_only {
            return Err(KeyFormatError::ImportOnly("keys are imported".into()));
        }
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let drawn: [u8; 4] = auth_core::random_bytes(&SystemEntropy)?;
        Ok(key(&format!("made-{number}-{}", u32::from_be_bytes(drawn))))
    }

    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        PlainKey::new(namer.name(text.as_bytes()), text.as_bytes().to_vec())
    }

    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError> {
        Ok(keys.iter().map(PlainKey::name).collect::<Vec<_>>().join(" "))
    }

    fn check(&self, _: &PlainKey) -> Result<(), KeyFormatError> {
        Ok(())
    }
}

/// Remembers the keys in use: the name of the one that signs, and of those that verify.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    keys: Mutex<(Option<String>, Vec<String>)>,
    handed: AtomicU64,
    pub(crate) refuses: AtomicBool,
}

impl Follower {
    pub(crate) fn signing(&self) -> Option<String> {
        self.keys.lock().expect("no panic").0.clone()
    }

    pub(crate) fn verifying(&self) -> Vec<String> {
        self.keys.lock().expect("no panic").1.clone()
    }

    /// How often it was handed keys.
    pub(crate) fn handed(&self) -> u64 {
        self.handed.load(Ordering::Relaxed)
    }
}

impl KeyFollower for Follower {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        self.handed.fetch_add(1, Ordering::Relaxed);
        if self.refuses.load(Ordering::Relaxed) && keys.signing().is_some() {
            return Err(KeyFormatError::NotAKey("not these".into()));
        }
        let name = |key: &PlainKey| key.name().to_owned();
        *self.keys.lock().expect("no panic") = (keys.signing().map(name), keys.verifying().map(name).collect());
        Ok(())
    }
}
