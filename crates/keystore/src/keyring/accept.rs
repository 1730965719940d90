//! Keys of another system: a flavour verifies with them for a time, and nothing signs with them here.

use auth_core::Timestamp;

use super::Keyring;
use super::change::{at_once, rotated};
use crate::active::ActiveKeys;
use crate::error::KeyringError;
use crate::plain::PlainKey;
use crate::stored::{KeyPurpose, StoredKey};

/// When the others of the purpose retire for a new one: as was decided when each was added.
const NOT_EARLIER: Timestamp = Timestamp::from_millis(i64::MAX);

impl Keyring {
    /// Adds a key of another system, which verifies from now on until `until`. Others of the purpose stay as they are.
    /// [`retire_unused`](Self::retire_unused) ends it earlier.
    ///
    /// # Errors
    /// [`KeyringError::NameTaken`]; when it cannot be sealed or the store fails.
    pub async fn accept(&self, flavour: &str, key: &PlainKey, until: Timestamp) -> Result<StoredKey, KeyringError> {
        let purpose = KeyPurpose::accepted(flavour)?;
        let mut key = self.seal(key, &purpose, at_once(self.clock.now()))?;
        key.retire_by(until);
        let outcome = self.store.rotate(&key, NOT_EARLIER).await?;
        rotated(key, outcome)
    }

    /// The keys of another system that verify now, to begin with. There may be none.
    ///
    /// # Errors
    /// When one of them does not open, or the store fails.
    pub async fn start_accepted(&self, purpose: &KeyPurpose) -> Result<ActiveKeys, KeyringError> {
        let stored = self.stored(purpose).await?;
        let (keys, failures) = self.activate(purpose, &stored, self.clock.now());
        match failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(keys),
        }
    }
}
