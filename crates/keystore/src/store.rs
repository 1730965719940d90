//! The port.

use std::fmt;

use async_trait::async_trait;
use auth_core::{ChangeWatch, StoreError, Timestamp};

use crate::rotation::{KeyTimes, signs_always};
use crate::stored::StoredKey;

/// A key that is to retire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The key.
    pub name: String,
    /// From when on it no longer verifies; not later than planned before.
    pub at: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Whether it may retire although no other key signs for its purpose: for a purpose that is no longer used.
    pub allow_last: bool,
}

/// What came of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotateOutcome {
    /// The new key is in the store, and the others of its purpose have an end.
    Rotated,
    /// The new key's name is taken. Nothing has changed.
    NameTaken,
    /// Refused: this key of the purpose is published, and does not sign yet. Nothing has changed.
    NextWaits(StoredKey),
}

/// What came of a retirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetireOutcome {
    /// The key, with the time at which it now retires.
    Retired(StoredKey),
    /// There is no key of this name.
    UnknownKey,
    /// Refused: there would be a moment at which no key of its purpose signs. Nothing has changed.
    LastSigner,
}

/// What came of an emergency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmergencyOutcome {
    /// The new keys are in the store. These are the keys that verified before, as they are now: retired.
    Replaced(Vec<StoredKey>),
    /// No key verified. Nothing has changed.
    NothingToReplace,
    /// A new key's name is taken. Nothing has changed.
    NameTaken,
}

/// Keys of any purpose, as stored. Each method is one atomic operation: it happens entirely or not at all, whatever
/// fails in between and whatever runs at the same time, and no reader sees half of it. No method removes a key;
/// one erases the secrets of those that retired long ago.
///
/// Implementations: `store-memory` and `store-diesel`. The laws they keep are in `testkit::store`.
#[async_trait]
pub trait KeyStore: fmt::Debug + Send + Sync + 'static {
    /// All keys, those that sign first first; of equals, by name.
    ///
    /// # Errors
    /// When the store fails.
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// Adds a key, unless its purpose has one (retired or not) or its name is taken: then `Ok(false)`. However many
    /// nodes start at once on an empty database, each purpose gets one first key.
    ///
    /// # Errors
    /// When the store fails; nothing is added.
    async fn insert_first(&self, key: &StoredKey) -> Result<bool, StoreError>;

    /// Adds a key, and lets every other key of its purpose retire at `others_retire`, unless it retires earlier. Refused
    /// ([`RotateOutcome::NextWaits`]) where another key of the purpose waits to sign at the moment at which the new one was
    /// made: it would be replaced before it signs. That is decided by what is in the store inside the operation: of two rotations
    /// at once, on whatever nodes, whose keys are published before they sign, one is refused.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> Result<RotateOutcome, StoreError>;

    /// Lets a key retire at a moment, unless it retires earlier. Refused ([`RetireOutcome::LastSigner`]) where from then
    /// on, or from now if that is later, there would be a moment at which no key of its purpose signs. That is decided by
    /// what is in the store inside the operation: of two keys that retire at once, one is refused.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError>;

    /// Adds a key, and [revokes](StoredKey::REVOKED) every other key of its flavour, whatever its algorithm, also those that
    /// had retired as planned: for a stolen key. Answered are those that verified at `now`.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    ///
    /// # Security
    /// Once it has answered, no key of the flavour verifies that was in the store before, whatever rotations run at the
    /// same time, and whatever a clock shows later.
    async fn emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError>;

    /// Adds keys, and [revokes](StoredKey::REVOKED) every other key in the store, whatever its purpose: for a stolen
    /// database or master key. Answered are those that verified at `now`.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    ///
    /// # Security
    /// As for [`emergency`](Self::emergency), for all keys. Those of purposes that no configuration names are retired too.
    async fn replace_all(&self, replacements: &[StoredKey], now: Timestamp) -> Result<EmergencyOutcome, StoreError>;

    /// Erases the sealed bytes of every key that retired before this moment, of [revoked](StoredKey::REVOKED) ones at once, and
    /// answers their names. The rest of the key stays, so that the same key is known again if it is imported. What is erased
    /// already is left alone.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn erase_retired(&self, before: Timestamp, now: Timestamp) -> Result<Vec<String>, StoreError>;

    /// Wakes when a key may have been added or changed, by this process or another. By default it never does, and
    /// readers read at their own pace.
    fn watch_keys(&self) -> ChangeWatch {
        ChangeWatch::none()
    }
}

impl RotateOutcome {
    /// What comes of a rotation to this key, as a pure function of all stored keys. Stores call it inside their operation.
    #[must_use]
    pub fn decide(stored: &[StoredKey], new: &StoredKey) -> Self {
        if stored.iter().any(|key| key.name == new.name) {
            return Self::NameTaken;
        }
        let waits = |key: &&StoredKey| {
            key.purpose == new.purpose && key.activates_at > new.created_at && key.verifies(key.activates_at)
        };
        stored
            .iter()
            .find(waits)
            .map_or(Self::Rotated, |key| Self::NextWaits(key.clone()))
    }
}

impl EmergencyOutcome {
    /// What comes of an emergency of one flavour, or of all, as a pure function of all stored keys. Stores call it inside
    /// their operation, and write what it answers.
    #[must_use]
    pub fn decide(stored: &[StoredKey], flavour: Option<&str>, new: &[StoredKey], now: Timestamp) -> Self {
        let is_taken = |(index, key): (usize, &StoredKey)| {
            let mut others = stored.iter().chain(new.iter().take(index));
            others.any(|other| other.name == key.name)
        };
        if new.iter().enumerate().any(is_taken) {
            return Self::NameTaken;
        }
        let concerned = stored.iter().filter(|key| Self::concerns(key, flavour));
        let mut retired: Vec<StoredKey> = concerned.filter(|key| key.verifies(now)).cloned().collect();
        retired.iter_mut().for_each(|key| key.retire_by(StoredKey::REVOKED));
        match retired.is_empty() {
            true => Self::NothingToReplace,
            false => Self::Replaced(retired),
        }
    }
}

impl EmergencyOutcome {
    /// Whether an emergency of one flavour, or of all, revokes this key, once it is decided that it happens.
    #[must_use]
    pub fn concerns(key: &StoredKey, flavour: Option<&str>) -> bool {
        flavour.is_none_or(|flavour| key.purpose.flavour() == flavour)
    }
}

impl Retirement {
    /// What comes of it, as a pure function of the keys of the key's purpose, itself among them. Stores call it inside
    /// their operation.
    #[must_use]
    pub fn decide(&self, keys_of_purpose: &[StoredKey]) -> RetireOutcome {
        let mut keys = keys_of_purpose.to_vec();
        let Some(key) = keys.iter_mut().find(|key| key.name == self.name) else {
            return RetireOutcome::UnknownKey;
        };
        key.retire_by(self.at);
        let retired = key.clone();
        let times: Vec<KeyTimes> = keys.iter().map(StoredKey::times).collect();
        match self.allow_last || signs_always(&times, self.at.max(self.now)) {
            true => RetireOutcome::Retired(retired),
            false => RetireOutcome::LastSigner,
        }
    }
}
