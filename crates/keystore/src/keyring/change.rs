//! Rotation, retirement, emergency.

use std::time::Duration;

use auth_core::{CLOCK_SKEW, Timestamp};

use super::{Keyring, times};
use crate::error::KeyringError;
use crate::plain::PlainKey;
use crate::rotation;
use crate::store::{EmergencyOutcome, RetireOutcome, Retirement, RotateOutcome};
use crate::stored::{KeyPurpose, StoredKey};

/// When a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationPlan {
    /// For how long it is published before it signs. Not used where no key signs now: then it signs at once.
    pub publish_for: Duration,
    /// How long the longest token of the purpose lives; the old keys verify for so long after the new one signs.
    pub longest_life: Duration,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The new key.
    pub key: StoredKey,
    /// Whether another key signed before it.
    pub replaces: bool,
}

/// What an emergency did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The new keys. They sign now.
    pub new: Vec<StoredKey>,
    /// The keys that verified before, of every purpose concerned. They verify nothing now.
    pub retired: Vec<StoredKey>,
}

/// When a key retires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetireWhen {
    /// At once and for ever: what it has signed is refused from now on.
    Now,
    /// When the last token it can sign has ended, with tokens that live at most so long.
    AfterLastToken(Duration),
}

impl Keyring {
    /// Adds a key that takes over as planned. No token fails.
    ///
    /// # Errors
    /// [`KeyringError::NextWaits`] while another key of the purpose does not sign yet; [`KeyringError::NameTaken`]; when it cannot be sealed or the store fails.
    pub async fn rotate(
        &self,
        purpose: &KeyPurpose,
        key: &PlainKey,
        plan: RotationPlan,
    ) -> Result<Rotated, KeyringError> {
        let now = self.clock.now();
        let replaces = rotation::signing(&times(&self.stored(purpose).await?), now).is_some();
        let publish_for = if replaces { plan.publish_for } else { Duration::ZERO };
        let mut rotation = rotation::scheduled(now, publish_for, plan.longest_life);
        if !replaces {
            rotation.activates = at_once(now);
        }
        let key = self.seal(key, purpose, rotation.activates)?;
        let outcome = self.store.rotate(&key, rotation.others_retire).await?;
        let key = rotated(key, outcome)?;
        Ok(Rotated { key, replaces })
    }

    /// Replaces every key of one flavour at once, those of other algorithms too: for a stolen key. What the old keys have
    /// signed is refused from now on, by every node as soon as it has reloaded.
    ///
    /// # Errors
    /// [`KeyringError::NothingToReplace`] if no key of the flavour verifies, [`KeyringError::NameTaken`]: nothing was
    /// added then. When it cannot be sealed or the store fails.
    pub async fn emergency(&self, purpose: &KeyPurpose, key: &PlainKey) -> Result<Replaced, KeyringError> {
        let now = self.clock.now();
        let new = self.seal(key, purpose, at_once(now))?;
        let outcome = self.store.emergency(&new, now).await?;
        replaced(vec![new], outcome)
    }

    /// Replaces every key in the store at once, whatever its purpose: for a stolen database or master key, or after a
    /// backup was restored. A purpose without a replacement is left without a key that signs; the answer has its keys
    /// among those retired.
    ///
    /// # Errors
    /// [`KeyringError::NothingToReplace`] if no key in the store verifies, [`KeyringError::NameTaken`]: nothing was
    /// added then. When one cannot be sealed or the store fails.
    pub async fn replace_all(&self, replacements: &[(KeyPurpose, PlainKey)]) -> Result<Replaced, KeyringError> {
        let now = self.clock.now();
        let new = replacements
            .iter()
            .map(|(purpose, key)| self.seal(key, purpose, at_once(now)));
        let new = new.collect::<Result<Vec<_>, _>>()?;
        let outcome = self.store.replace_all(&new, now).await?;
        replaced(new, outcome)
    }

    /// Retires a key that another one replaces. It never retires later than planned before. The answer is the key as it
    /// now is.
    ///
    /// # Errors
    /// [`KeyringError::UnknownKey`]; [`KeyringError::NoSuccessor`] and [`KeyringError::LastSigner`] where no other key
    /// would sign; when the store fails. Nothing has changed then.
    pub async fn retire(&self, name: &str, when: RetireWhen) -> Result<StoredKey, KeyringError> {
        let now = self.clock.now();
        let key = self.named(name).await?;
        let keys = self.stored(&key.purpose).await?;
        let at = match when {
            RetireWhen::Now => {
                let mut others = keys.iter().filter(|other| other.name != name);
                let replaced = others.any(|other| other.retires_at.is_none());
                replaced.then_some(StoredKey::REVOKED)
            }
            RetireWhen::AfterLastToken(longest_life) => {
                let index = keys.iter().position(|other| other.name == name);
                index.and_then(|index| rotation::last_token_ends(&times(&keys), index, now, longest_life))
            }
        };
        let at = at.ok_or_else(|| KeyringError::NoSuccessor {
            name: name.to_owned(),
            purpose: key.purpose.clone(),
        })?;
        let retirement = Retirement {
            name: name.to_owned(),
            at,
            now,
            allow_last: false,
        };
        self.carry_out(retirement, key).await
    }

    /// Retires a key at once although no other key replaces it: for a purpose that is no longer used. The answer is the
    /// key as it now is.
    ///
    /// # Errors
    /// [`KeyringError::UnknownKey`]; when the store fails. Nothing has changed then.
    pub async fn retire_unused(&self, name: &str) -> Result<StoredKey, KeyringError> {
        let now = self.clock.now();
        let retirement = Retirement {
            name: name.to_owned(),
            at: StoredKey::REVOKED,
            now,
            allow_last: true,
        };
        let key = self.named(name).await?;
        self.carry_out(retirement, key).await
    }

    async fn carry_out(&self, retirement: Retirement, key: StoredKey) -> Result<StoredKey, KeyringError> {
        match self.store.retire(&retirement).await? {
            RetireOutcome::Retired(key) => Ok(key),
            RetireOutcome::UnknownKey => Err(KeyringError::UnknownKey(key.name)),
            RetireOutcome::LastSigner => Err(KeyringError::LastSigner {
                name: key.name,
                purpose: key.purpose,
            }),
        }
    }

    async fn named(&self, name: &str) -> Result<StoredKey, KeyringError> {
        let keys = self.store.keys().await?;
        let key = keys.into_iter().find(|key| key.name == name);
        key.ok_or_else(|| KeyringError::UnknownKey(name.to_owned()))
    }
}

/// The new key, if it was added.
pub(super) fn rotated(new: StoredKey, outcome: RotateOutcome) -> Result<StoredKey, KeyringError> {
    match outcome {
        RotateOutcome::Rotated => Ok(new),
        RotateOutcome::NameTaken => Err(KeyringError::NameTaken(new.name)),
        RotateOutcome::NextWaits(next) => Err(KeyringError::NextWaits {
            name: next.name,
            purpose: next.purpose,
            from: next.activates_at,
        }),
    }
}

fn replaced(new: Vec<StoredKey>, outcome: EmergencyOutcome) -> Result<Replaced, KeyringError> {
    match outcome {
        EmergencyOutcome::Replaced(retired) => Ok(Replaced { new, retired }),
        EmergencyOutcome::NothingToReplace => Err(KeyringError::NothingToReplace),
        EmergencyOutcome::NameTaken => {
            let names: Vec<&str> = new.iter().map(|key| key.name.as_str()).collect();
            Err(KeyringError::NameTaken(names.join(" or ")))
        }
    }
}

/// From when on a key signs that must sign at once: on nodes whose clock is behind, too.
pub(super) fn at_once(now: Timestamp) -> Timestamp {
    now.minus(CLOCK_SKEW)
}
