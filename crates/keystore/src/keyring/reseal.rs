//! All keys under another root key.

use auth_core::SecretKey;

use super::{Keyring, SEALING};
use crate::error::KeyringError;
use crate::seal::Sealer;
use crate::stored::StoredKey;

/// All keys of a store as they are, and as they are sealed under another root key, in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// As they are stored.
    pub before: Vec<StoredKey>,
    /// Sealed anew, with the same names, purposes and times.
    pub after: Vec<StoredKey>,
    /// Those that no longer verify and do not open: they stay as they are, and will not open under the new key either.
    pub unopened: Vec<String>,
}

impl Keyring {
    /// Seals every key under another root key. Writes nothing.
    ///
    /// # Errors
    /// When the store fails, and for a key that verifies and does not open: it would be lost.
    pub async fn resealed(&self, root: &SecretKey) -> Result<Resealed, KeyringError> {
        let (before, sealer) = (self.store.keys().await?, Sealer::new(&root.derive(SEALING)));
        let (mut after, mut unopened) = (Vec::with_capacity(before.len()), Vec::new());
        for key in &before {
            if key.is_erased() {
                after.push(key.clone());
                continue;
            }
            match self.open(key) {
                Ok(plain) => {
                    let sealed = sealer.seal(&plain, &key.purpose, &*self.entropy);
                    let failed = |source| KeyringError::Seal {
                        name: key.name.clone(),
                        purpose: key.purpose.clone(),
                        source,
                    };
                    after.push(StoredKey {
                        sealed: sealed.map_err(failed)?,
                        ..key.clone()
                    });
                }
                Err(error) if key.verifies(self.clock.now()) => return Err(error),
                Err(_) => {
                    unopened.push(key.name.clone());
                    after.push(key.clone());
                }
            }
        }
        Ok(Resealed {
            before,
            after,
            unopened,
        })
    }
}
