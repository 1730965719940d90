//! Finds a key that is stored under another name.

use super::Keyring;
use crate::error::KeyringError;
use crate::format::KeyFormat;
use crate::plain::PlainKey;

impl Keyring {
    /// Refuses a key whose secret is in the store already, under whatever name, for whatever purpose, retired or not: a
    /// key that was stolen and retired must not come back. Stored keys that do not open are passed over. To be called
    /// before an imported key is added; of two imports of one key at once, the name admits one.
    ///
    /// # Errors
    /// [`KeyringError::SecretTaken`]; when the store fails.
    pub async fn refuse_known(&self, key: &PlainKey, format: &dyn KeyFormat) -> Result<(), KeyringError> {
        let stored = self.store.keys().await?;
        let same = stored.into_iter().find(|stored| {
            let opened = self.open(stored);
            opened.is_ok_and(|opened| format.is_same(&opened, key))
        });
        match same {
            None => Ok(()),
            Some(stored) => Err(KeyringError::SecretTaken(stored.name)),
        }
    }
}
