//! Keys handed to those that sign and verify, at start and whenever they change.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use auth_core::ChangeWatch;

use super::change::at_once;
use super::{Keyring, states, times};
use crate::active::{ActiveKeys, Fingerprint, KeyFollower};
use crate::error::KeyringError;
use crate::format::KeyFormat;
use crate::rotation::{self, KeySchedule, KeyState};
use crate::stored::{KeyPurpose, StoredKey};

/// A follower, and the keys it was handed last.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    purpose: KeyPurpose,
    follower: Arc<dyn KeyFollower>,
    handed: Fingerprint,
    schedule: KeySchedule,
}

/// What a reload did.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// The purposes whose followers have other keys now.
    pub changed: Vec<ChangedKeys>,
    /// What did not work. Each reload tries it again.
    pub failures: Vec<ReloadFailure>,
}

/// A purpose whose follower has other keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedKeys {
    /// The purpose.
    pub purpose: KeyPurpose,
    /// How many keys verify now.
    pub verifying: usize,
}

/// What is wrong with the keys of one purpose.
#[derive(Debug)]
pub struct ReloadFailure {
    /// The purpose.
    pub purpose: KeyPurpose,
    /// What is wrong: a key that does not open is left out; where no key signs, the follower was handed none that does.
    pub error: KeyringError,
}

impl Keyring {
    /// The keys of one purpose to begin with. The first key is made if the store has none; however many nodes begin at
    /// once, they get the same.
    ///
    /// # Errors
    /// [`KeyringError::Format`] if there is no key and none can be made; [`KeyringError::NoSigner`]; when a key that
    /// verifies does not open, or the store fails.
    pub async fn start(&self, purpose: &KeyPurpose, format: &dyn KeyFormat) -> Result<ActiveKeys, KeyringError> {
        let mut stored = self.stored(purpose).await?;
        if stored.is_empty() {
            let first = self.seal(&format.generate()?, purpose, at_once(self.clock.now()))?;
            self.store.insert_first(&first).await?;
            stored = self.stored(purpose).await?;
        }
        let (keys, failures) = self.activate(purpose, &stored, self.clock.now());
        match (failures.into_iter().next(), keys.signing()) {
            (Some(failure), _) => Err(failure),
            (None, None) => Err(KeyringError::NoSigner(purpose.clone())),
            (None, Some(_)) => Ok(keys),
        }
    }

    /// Hands a follower every change from now on, with [`reload`](Self::reload). `keys` are those it works with already.
    pub fn follow(&self, keys: &ActiveKeys, follower: Arc<dyn KeyFollower>) {
        self.followed().push(Followed {
            purpose: keys.purpose().clone(),
            handed: keys.fingerprint(),
            schedule: KeySchedule::default(),
            follower,
        });
    }

    /// Whether something follows the keys of this purpose.
    pub fn is_followed(&self, purpose: &KeyPurpose) -> bool {
        self.followed().iter().any(|followed| followed.purpose == *purpose)
    }

    /// The schedule of each purpose that is followed, as the last [`reload`](Self::reload) found it. Reads memory only.
    pub fn schedules(&self) -> Vec<(KeyPurpose, KeySchedule)> {
        let followed = self.followed();
        // One purpose may have several followers: the issuer, and who publishes its public keys.
        let each: BTreeMap<_, _> = followed.iter().map(|one| (one.purpose.clone(), one.schedule)).collect();
        each.into_iter().collect()
    }

    /// Wakes when it is time to [`reload`](Self::reload).
    pub fn watch(&self) -> ChangeWatch {
        self.store.watch_keys()
    }

    /// Reads the store, and hands each follower its keys where they have changed: one was added, has come to sign, or
    /// has retired. What is wrong with one purpose's keys keeps no other purpose from its own. To be called several times
    /// a second, by one task: a stolen key is accepted until then. [`health`](Self::health) is how it went.
    ///
    /// # Errors
    /// When the store fails; the keys in use stay in use.
    pub async fn reload(&self) -> Result<Reloaded, KeyringError> {
        let asked_at = self.clock.monotonic();
        let all = self.store.keys().await?;
        let mut reloaded = Reloaded::default();
        let followed = self.followed().clone();
        for (index, one) in followed.iter().enumerate() {
            let stored: Vec<StoredKey> = all.iter().filter(|key| key.purpose == one.purpose).cloned().collect();
            if !one.purpose.is_accepted() {
                self.followed()[index].schedule = rotation::schedule(&times(&stored), self.clock.now());
            }
            if let Some(handed) = self.hand_over(one, &stored, &mut reloaded) {
                self.followed()[index].handed = handed;
            }
        }
        self.note_reload(asked_at, &reloaded);
        Ok(reloaded)
    }

    /// What the follower was handed, if the keys have changed.
    fn hand_over(&self, one: &Followed, stored: &[StoredKey], reloaded: &mut Reloaded) -> Option<Fingerprint> {
        let now = self.clock.now();
        let mut fail = |error| reloaded.add_failure(&one.purpose, error);
        let states = stored.iter().zip(states(stored, now));
        let wanted = states.filter(|(_, state)| *state != KeyState::Retired);
        let wanted: Fingerprint = wanted.map(|(key, state)| (key.name.clone(), state)).collect();
        let signs = wanted.iter().any(|(_, state)| *state == KeyState::Current);
        if !signs && !one.purpose.is_accepted() {
            fail(KeyringError::NoSigner(one.purpose.clone()));
        }
        let (keys, failures) = self.activate(&one.purpose, stored, now);
        failures.into_iter().for_each(&mut fail);
        // What is in use stays in use, also where what is stored of it was damaged meanwhile.
        if wanted == one.handed {
            return None;
        }
        let fingerprint = keys.fingerprint();
        if fingerprint == one.handed {
            return None;
        }
        if let Err(error) = one.follower.use_keys(&keys) {
            fail(error.into());
            return withdraw(one, &fingerprint);
        }
        reloaded.add_changed(&one.purpose, fingerprint.len());
        Some(fingerprint)
    }

    fn followed(&self) -> MutexGuard<'_, Vec<Followed>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A purpose with several followers is reported once.
impl Reloaded {
    fn add_changed(&mut self, purpose: &KeyPurpose, verifying: usize) {
        if !self.changed.iter().any(|changed| changed.purpose == *purpose) {
            let purpose = purpose.clone();
            self.changed.push(ChangedKeys { purpose, verifying });
        }
    }

    fn add_failure(&mut self, purpose: &KeyPurpose, error: KeyringError) {
        let is_same =
            |failure: &ReloadFailure| failure.purpose == *purpose && failure.error.to_string() == error.to_string();
        if !self.failures.iter().any(is_same) {
            let purpose = purpose.clone();
            self.failures.push(ReloadFailure { purpose, error });
        }
    }
}

/// Takes all keys from a follower that cannot use its new ones, if a key that it works with has retired: what that key has
/// signed must be refused. Otherwise the keys in use stay in use. The answer is what it was handed, if that changed.
fn withdraw(one: &Followed, wanted: &Fingerprint) -> Option<Fingerprint> {
    let is_wanted = |name: &String| wanted.iter().any(|(wanted, _)| wanted == name);
    if one.handed.iter().all(|(name, _)| is_wanted(name)) {
        return None;
    }
    let none = ActiveKeys::new(one.purpose.clone(), Vec::new());
    one.follower.use_keys(&none).ok().map(|()| none.fingerprint())
}
