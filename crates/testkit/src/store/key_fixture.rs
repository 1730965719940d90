//! The fixture of the laws about signing keys: keys of three purposes.

use std::sync::Arc;
use std::time::Duration;

use auth_core::Timestamp;
use keystore::{EmergencyOutcome, KeyPurpose, KeyStore, RetireOutcome, Retirement, RotateOutcome, StoredKey};

use super::fixture::{HOUR, NOW};
use crate::ports::StoreHarness;

pub(super) const SHOPS: &str = "shops/EdDSA";
pub(super) const LOGIN: &str = "login/HS256";
/// What no configuration could name.
pub(super) const ODD: &str = "gone";

pub(super) struct Keys {
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) crowd: usize,
}

impl Keys {
    pub(super) fn new(harness: &dyn StoreHarness) -> Self {
        Self {
            store: harness.ports().keys,
            crowd: harness.crowd(),
        }
    }

    pub(super) async fn all(&self) -> Vec<StoredKey> {
        self.store.keys().await.expect("keys")
    }

    /// The key of this name, which must be there.
    pub(super) async fn named(&self, name: &str) -> StoredKey {
        let found = self.all().await.into_iter().find(|key| key.name == name);
        found.unwrap_or_else(|| panic!("the key {name} is gone"))
    }

    pub(super) async fn names(&self) -> Vec<String> {
        self.all().await.into_iter().map(|key| key.name).collect()
    }

    /// When the key of this name retires.
    pub(super) async fn end_of(&self, name: &str) -> Option<Timestamp> {
        self.named(name).await.retires_at
    }

    pub(super) async fn insert_first(&self, key: &StoredKey) -> bool {
        self.store.insert_first(key).await.expect("insert_first")
    }

    pub(super) async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> RotateOutcome {
        self.store.rotate(new, others_retire).await.expect("rotate")
    }

    /// Rotates, which must not be refused.
    pub(super) async fn rotated(&self, new: &StoredKey, others_retire: Timestamp) {
        assert_eq!(
            self.rotate(new, others_retire).await,
            RotateOutcome::Rotated,
            "{}",
            new.name
        );
    }

    pub(super) async fn retire(&self, name: &str, at: Timestamp) -> RetireOutcome {
        self.store.retire(&retirement(name, at)).await.expect("retire")
    }

    pub(super) async fn emergency(&self, new: &StoredKey, now: Timestamp) -> EmergencyOutcome {
        self.store.emergency(new, now).await.expect("emergency")
    }

    pub(super) async fn replace_all(&self, new: &[StoredKey], now: Timestamp) -> EmergencyOutcome {
        self.store.replace_all(new, now).await.expect("replace_all")
    }

    pub(super) async fn erase_retired(&self, before: Timestamp) -> Vec<String> {
        self.store.erase_retired(before, NOW).await.expect("erase_retired")
    }

    /// Three purposes with one key each, which signs: `shop`, `login` and `odd`.
    pub(super) async fn with_three(harness: &dyn StoreHarness) -> Self {
        let keys = Self::new(harness);
        for (name, purpose) in [("shop", SHOPS), ("login", LOGIN), ("odd", ODD)] {
            assert!(
                keys.insert_first(&key(name, purpose)).await,
                "the first key of {purpose}"
            );
        }
        keys
    }

    /// `a` and `b`, which both sign for one purpose and have no end.
    pub(super) async fn with_two_that_sign(harness: &dyn StoreHarness) -> Self {
        let keys = Self::new(harness);
        assert!(keys.insert_first(&key("first", SHOPS)).await);
        let both = [key("a", SHOPS), key("b", SHOPS)];
        let outcome = keys.replace_all(&both, NOW).await;
        assert!(matches!(outcome, EmergencyOutcome::Replaced(_)), "{outcome:?}");
        keys
    }
}

/// A key that signs from [`NOW`] on.
pub(super) fn key(name: &str, purpose: &str) -> StoredKey {
    key_from(name, purpose, NOW)
}

/// A key that signs from a moment on, at which it is made.
pub(super) fn key_from(name: &str, purpose: &str, activates_at: Timestamp) -> StoredKey {
    StoredKey {
        name: name.to_owned(),
        purpose: KeyPurpose::from_stored(purpose),
        sealed: format!("the sealed bytes of {name}").into_bytes(),
        created_at: activates_at,
        activates_at,
        retires_at: None,
    }
}

pub(super) fn retirement(name: &str, at: Timestamp) -> Retirement {
    Retirement {
        name: name.to_owned(),
        at,
        now: NOW,
        allow_last: false,
    }
}

/// So many hours after [`NOW`].
pub(super) fn hours(count: u32) -> Timestamp {
    NOW.plus(HOUR * count)
}

/// So many milliseconds after [`NOW`].
pub(super) fn millis(count: usize) -> Timestamp {
    NOW.plus(Duration::from_millis(count as u64))
}

/// The names of the keys that verified before.
pub(super) fn replaced(outcome: EmergencyOutcome) -> Vec<String> {
    let EmergencyOutcome::Replaced(retired) = outcome else {
        panic!("nothing was replaced: {outcome:?}");
    };
    let mut names: Vec<_> = retired.into_iter().map(|key| key.name).collect();
    names.sort();
    names
}
