//! The keys of one database, opened with its root key.

mod accept;
mod change;
mod follow;
mod health;
mod reseal;
mod same;

use std::fmt;
use std::sync::{Arc, Mutex};

use auth_core::{Clock, Entropy, SecretKey, Timestamp};

pub use change::{Replaced, RetireWhen, Rotated, RotationPlan};
pub use follow::{ChangedKeys, ReloadFailure, Reloaded};
pub use health::KeysHealth;
pub use reseal::Resealed;

use crate::active::ActiveKeys;
use crate::error::KeyringError;
use crate::format::KeyNamer;
use crate::plain::PlainKey;
use crate::rotation::{self, KeyState, KeyTimes};
use crate::seal::Sealer;
use crate::store::KeyStore;
use crate::stored::{KeyPurpose, StoredKey};

/// The label under which the sealing key is derived from the root key. It is part of what is at rest.
const SEALING: &str = "signing keys";

/// The label under which the key for names of imported secrets is derived. It is part of what is at rest.
const NAMING: &str = "name of an imported key";

/// Makes, opens, rotates, retires and replaces the keys in one store, and hands them to those that sign and verify.
///
/// It works on what is in the store, whatever purposes its process is configured for.
pub struct Keyring {
    store: Arc<dyn KeyStore>,
    sealer: Sealer,
    namer: KeyNamer,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    followed: Mutex<Vec<follow::Followed>>,
    health: Mutex<KeysHealth>,
}

/// A stored key, and what it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub key: StoredKey,
    /// What it is now, among the keys of its purpose.
    pub state: KeyState,
}

impl ListedKey {
    /// Stored keys by purpose, each with its state among those of its purpose. Keys of one purpose keep their order.
    #[must_use]
    pub fn all(mut keys: Vec<StoredKey>, now: Timestamp) -> Vec<Self> {
        keys.sort_by(|a, b| a.purpose.cmp(&b.purpose));
        let purposes = keys.chunk_by(|a, b| a.purpose == b.purpose);
        let states: Vec<KeyState> = purposes.flat_map(|keys| states(keys, now)).collect();
        let listed = keys.into_iter().zip(states);
        listed.map(|(key, state)| Self { key, state }).collect()
    }
}

impl Keyring {
    /// The keys in this store, sealed under keys that are derived from its root key.
    ///
    /// # Security
    /// Another root key than the one they were sealed under opens none of them, and seals new ones that the other does
    /// not open: check it before, with a value in the same database.
    #[must_use]
    pub fn new(store: Arc<dyn KeyStore>, root: &SecretKey, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            sealer: Sealer::new(&root.derive(SEALING)),
            namer: KeyNamer::new(root.derive(NAMING)),
            clock,
            entropy,
            followed: Mutex::default(),
            health: Mutex::default(),
        }
    }

    /// What names imported secrets in this store; see [`KeyFormat::import`](crate::KeyFormat::import).
    #[must_use]
    pub fn namer(&self) -> &KeyNamer {
        &self.namer
    }

    /// All keys in the store by purpose, in each those that sign first first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<ListedKey>, KeyringError> {
        Ok(ListedKey::all(self.store.keys().await?, self.clock.now()))
    }

    /// The keys of one purpose, those that sign first first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_of(&self, purpose: &KeyPurpose) -> Result<Vec<ListedKey>, KeyringError> {
        Ok(ListedKey::all(self.stored(purpose).await?, self.clock.now()))
    }

    /// Opens a stored key.
    ///
    /// # Errors
    /// [`KeyringError::Seal`].
    pub fn open(&self, key: &StoredKey) -> Result<PlainKey, KeyringError> {
        let opened = self.sealer.open(&key.name, &key.purpose, &key.sealed);
        opened.map_err(|source| KeyringError::Seal {
            name: key.name.clone(),
            purpose: key.purpose.clone(),
            source,
        })
    }

    /// The keys of one purpose that verify now, opened; those that sign first first.
    ///
    /// # Errors
    /// When the store fails or one of the keys does not open.
    pub async fn verifying(&self, purpose: &KeyPurpose) -> Result<Vec<PlainKey>, KeyringError> {
        let now = self.clock.now();
        let stored = self.stored(purpose).await?;
        stored
            .iter()
            .filter(|key| key.verifies(now))
            .map(|key| self.open(key))
            .collect()
    }

    async fn stored(&self, purpose: &KeyPurpose) -> Result<Vec<StoredKey>, KeyringError> {
        let mut keys = self.store.keys().await?;
        keys.retain(|key| key.purpose == *purpose);
        Ok(keys)
    }

    fn seal(&self, key: &PlainKey, purpose: &KeyPurpose, activates_at: Timestamp) -> Result<StoredKey, KeyringError> {
        let sealed = self.sealer.seal(key, purpose, &*self.entropy);
        Ok(StoredKey {
            name: key.name().to_owned(),
            purpose: purpose.clone(),
            sealed: sealed.map_err(|source| KeyringError::Seal {
                name: key.name().to_owned(),
                purpose: purpose.clone(),
                source,
            })?,
            created_at: self.clock.now(),
            activates_at,
            retires_at: None,
        })
    }

    /// Opens the keys of one purpose that verify. Those that do not open are left out, and what is wrong with each.
    fn activate(&self, purpose: &KeyPurpose, stored: &[StoredKey], now: Timestamp) -> (ActiveKeys, Vec<KeyringError>) {
        let (mut opened, mut usable, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for key in stored.iter().filter(|key| key.verifies(now)) {
            match self.open(key) {
                Ok(plain) => {
                    opened.push(plain);
                    usable.push(key.clone());
                }
                Err(error) => failures.push(error),
            }
        }
        let keys = opened.into_iter().zip(states(&usable, now)).collect();
        (ActiveKeys::new(purpose.clone(), keys), failures)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// What each key of one purpose is. With another system's keys nothing signs.
fn states(keys: &[StoredKey], now: Timestamp) -> Vec<KeyState> {
    if !keys.first().is_some_and(|key| key.purpose.is_accepted()) {
        return rotation::states(&times(keys), now);
    }
    let state = |key: &StoredKey| match key.verifies(now) {
        true => KeyState::Overlapping,
        false => KeyState::Retired,
    };
    keys.iter().map(state).collect()
}

fn times(keys: &[StoredKey]) -> Vec<KeyTimes> {
    keys.iter().map(StoredKey::times).collect()
}
