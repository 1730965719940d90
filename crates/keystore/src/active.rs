//! The keys that a strategy works with now.

use std::fmt;

use crate::error::KeyFormatError;
use crate::plain::PlainKey;
use crate::rotation::KeyState;
use crate::stored::KeyPurpose;

/// The keys of one purpose that verify now, opened. One of them signs, or none.
///
/// None signs after an emergency that retired every key without a new one. No token of the purpose is valid then: a key
/// that verifies and does not sign yet has signed nothing.
#[derive(Debug)]
pub struct ActiveKeys {
    purpose: KeyPurpose,
    keys: Vec<(PlainKey, KeyState)>,
}

/// Enough of the keys in use to see that one has come, has come to sign, or has retired.
pub(crate) type Fingerprint = Vec<(String, KeyState)>;

impl ActiveKeys {
    pub(crate) fn new(purpose: KeyPurpose, keys: Vec<(PlainKey, KeyState)>) -> Self {
        Self { purpose, keys }
    }

    /// What the keys are for.
    #[must_use]
    pub fn purpose(&self) -> &KeyPurpose {
        &self.purpose
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> Option<&PlainKey> {
        let current = self.keys.iter().find(|(_, state)| *state == KeyState::Current);
        current.map(|(key, _)| key)
    }

    /// All keys that verify, the one that signs among them; those that sign first first.
    pub fn verifying(&self) -> impl Iterator<Item = &PlainKey> {
        self.keys.iter().map(|(key, _)| key)
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let keys = self.keys.iter();
        keys.map(|(key, state)| (key.name().to_owned(), *state)).collect()
    }
}

/// Something that signs or verifies with the keys of one purpose, and takes other keys while it runs.
pub trait KeyFollower: fmt::Debug + Send + Sync + 'static {
    /// Puts these keys in use, from the next token on.
    ///
    /// # Errors
    /// When the keys cannot be used. They are handed over again with the next reload. Until then those in use stay in use,
    /// unless one of them has retired: then the follower is handed none, which it must be able to use.
    ///
    /// # Security
    /// A key that is not among [`ActiveKeys::verifying`] was retired, perhaps since it was stolen: what it has signed is
    /// refused from then on. Where nothing signs, nothing is issued and nothing is accepted.
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError>;
}
