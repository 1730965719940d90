//! The root key of a database, sealed under each master key that is accepted.

mod seal;

use std::fmt;

use auth_core::{Entropy, SecretKey, Timestamp};

use crate::error::SealError;

use seal::{ENTRY_LEN, Seal};

/// The form of what [`RootSeals::to_stored`] makes.
const FORM: u8 = 1;

/// How many master keys may be accepted at once.
const MOST: usize = 8;

/// The root key of a database, sealed under each master key that opens it.
///
/// Everything else is sealed under keys that are derived from the root key, or is derived from it. So another master key
/// is one more seal here: nothing else changes, and no server has to stop.
///
/// A database that was set up before there were root keys has its first master key as its root key. That key opens it as
/// it is, until it is [retired](Self::retire_others).
#[derive(Clone, PartialEq, Eq)]
pub struct RootSeals {
    takes_root: bool,
    seals: Vec<Seal>,
}

/// A master key that opens a database, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedKey {
    /// Its name: 16 hexadecimal digits that are derived from it. `None`: the one that is the root key itself.
    pub name: Option<String>,
    /// Since when it is accepted.
    pub since: Option<Timestamp>,
}

impl RootSeals {
    /// For a new database: this root key, which only `master` opens.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn first(
        root: &SecretKey,
        master: &SecretKey,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, SealError> {
        let seal = Seal::make(root, master, now, entropy)?;
        Ok(Self {
            takes_root: false,
            seals: vec![seal],
        })
    }

    /// For a database whose root key is its first master key.
    #[must_use]
    pub fn of_first_master_key() -> Self {
        Self {
            takes_root: true,
            seals: Vec::new(),
        }
    }

    /// Reads what [`to_stored`](Self::to_stored) made.
    ///
    /// # Errors
    /// [`SealError::Unopened`] if it is something else.
    pub fn from_stored(stored: &[u8]) -> Result<Self, SealError> {
        let (takes_root, entries) = match stored {
            [FORM, takes_root @ (0 | 1), entries @ ..] => (*takes_root == 1, entries),
            _ => return Err(SealError::Unopened),
        };
        let (entries, []) = entries.as_chunks::<ENTRY_LEN>() else {
            return Err(SealError::Unopened);
        };
        match entries.len() <= MOST {
            true => Ok(Self {
                takes_root,
                seals: entries.iter().map(Seal::from_stored).collect(),
            }),
            false => Err(SealError::Unopened),
        }
    }

    /// The form in which it is stored: nothing in it is of use without one of the master keys.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let entries = self.seals.iter().flat_map(Seal::to_stored);
        [FORM, u8::from(self.takes_root)].into_iter().chain(entries).collect()
    }

    /// The root key, if this master key opens it. Compare the answer with the database's check value: where the root key
    /// itself is accepted, it is the master key as given.
    #[must_use]
    pub fn open(&self, master: &SecretKey) -> Option<SecretKey> {
        let name = seal::name_of(master);
        let seal = self.seals.iter().find(|seal| seal.name == name);
        match seal {
            Some(seal) => seal.open(master),
            None => self.takes_root.then(|| SecretKey::from_bytes(*master.expose())),
        }
    }

    /// Accepts one more master key. `Ok(false)` if it is accepted already.
    ///
    /// # Errors
    /// [`SealError::Random`]; [`SealError::TooMany`] where eight are accepted.
    pub fn accept(
        &mut self,
        root: &SecretKey,
        master: &SecretKey,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, SealError> {
        let name = seal::name_of(master);
        if self.seals.iter().any(|seal| seal.name == name) {
            return Ok(false);
        }
        if self.seals.len() == MOST {
            return Err(SealError::TooMany);
        }
        self.seals.push(Seal::make(root, master, now, entropy)?);
        Ok(true)
    }

    /// Accepts this master key alone. Answered is how many others were accepted; `None`, and nothing is changed, if it
    /// has no seal itself.
    pub fn retire_others(&mut self, master: &SecretKey) -> Option<usize> {
        let name = seal::name_of(master);
        let before = self.seals.len() + usize::from(self.takes_root);
        if !self.seals.iter().any(|seal| seal.name == name) {
            return None;
        }
        self.seals.retain(|seal| seal.name == name);
        self.takes_root = false;
        Some(before - 1)
    }

    /// The master keys that are accepted, in the order in which they were added.
    #[must_use]
    pub fn accepted(&self) -> Vec<AcceptedKey> {
        let first = AcceptedKey {
            name: None,
            since: None,
        };
        let first = self.takes_root.then_some(first);
        let others = self.seals.iter().map(|seal| AcceptedKey {
            name: Some(seal.shown_name()),
            since: Some(seal.since),
        });
        first.into_iter().chain(others).collect()
    }

    /// The name under which [`accepted`](Self::accepted) lists this master key, if it has a seal.
    #[must_use]
    pub fn name_of(&self, master: &SecretKey) -> Option<String> {
        let name = seal::name_of(master);
        let seal = self.seals.iter().find(|seal| seal.name == name);
        seal.map(Seal::shown_name)
    }
}

impl fmt::Debug for RootSeals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.accepted()).finish()
    }
}

#[cfg(test)]
mod tests {
    use auth_core::SystemEntropy;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_bytes([byte; 32])
    }

    fn opens(seals: &RootSeals, master: &SecretKey) -> Option<[u8; 32]> {
        seals.open(master).map(|root| *root.expose())
    }

    #[test]
    fn each_accepted_master_key_opens_the_root_key_and_no_other_does() {
        let mut seals = RootSeals::first(&key(9), &key(1), NOW, &SystemEntropy).unwrap();
        assert!(seals.accept(&key(9), &key(2), NOW, &SystemEntropy).unwrap());
        assert!(!seals.accept(&key(9), &key(2), NOW, &SystemEntropy).unwrap());
        let seals = RootSeals::from_stored(&seals.to_stored()).unwrap();
        assert_eq!(opens(&seals, &key(1)), Some([9; 32]));
        assert_eq!(opens(&seals, &key(2)), Some([9; 32]));
        assert_eq!(opens(&seals, &key(3)), None);
        assert_eq!(opens(&seals, &key(9)), None, "the root key is no master key here");
    }

    #[test]
    fn the_first_master_key_of_an_older_database_is_its_root_key_until_it_is_retired() {
        let mut seals = RootSeals::of_first_master_key();
        assert_eq!(opens(&seals, &key(1)), Some([1; 32]));
        assert!(seals.retire_others(&key(1)).is_none(), "nothing else would open it");
        seals.accept(&key(1), &key(2), NOW, &SystemEntropy).unwrap();
        assert_eq!(opens(&seals, &key(1)), Some([1; 32]));
        assert_eq!(opens(&seals, &key(2)), Some([1; 32]));
        assert_eq!(seals.retire_others(&key(2)), Some(1));
        assert_eq!(opens(&seals, &key(1)), None);
        assert_eq!(opens(&seals, &key(2)), Some([1; 32]));
    }

    #[test]
    fn an_altered_or_exchanged_seal_does_not_open() {
        let seals = RootSeals::first(&key(9), &key(1), NOW, &SystemEntropy).unwrap();
        let stored = seals.to_stored();
        for at in 2..stored.len() {
            let mut altered = stored.clone();
            altered[at] ^= 1;
            let altered = RootSeals::from_stored(&altered).unwrap();
            assert_eq!(opens(&altered, &key(1)), None, "byte {at}");
        }
        for length in 0..stored.len() {
            let cut = RootSeals::from_stored(&stored[..length]);
            assert!(cut.is_err() || length == 2, "{length} bytes");
        }
        assert!(RootSeals::from_stored(&[stored.clone(), vec![0]].concat()).is_err());
    }

    #[test]
    fn the_accepted_keys_are_bounded_and_shown_without_their_bytes() {
        let mut seals = RootSeals::of_first_master_key();
        for byte in 1..=8 {
            seals.accept(&key(100), &key(byte), NOW, &SystemEntropy).unwrap();
        }
        let ninth = seals.accept(&key(100), &key(9), NOW, &SystemEntropy);
        assert_eq!(ninth, Err(SealError::TooMany));
        assert_eq!(seals.accepted().len(), 9);
        assert_eq!(seals.accepted()[1].name, seals.name_of(&key(1)));
        assert_eq!(seals.name_of(&key(9)), None);
        let shown = format!("{seals:?}");
        assert!(!shown.contains("sealed"), "{shown}");
    }

    /// It is at rest: a database that was written before must open. Computed with Python's `cryptography` and `hmac`.
    #[test]
    fn a_stored_seal_of_before_opens() {
        let stored = STORED_BEFORE;
        let bytes: Vec<u8> = (0..stored.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&stored[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(opens(&RootSeals::from_stored(&bytes).unwrap(), &key(1)), Some([9; 32]));
    }

    const STORED_BEFORE: &str = "010034b663e68dededb10000018bcfe56800000102030405060708090a0bad3242576e12f8a26447957a1f75f1438bece955d3a20e50a8e582f413812a35080de3b67c4d620c11e0958c3af23380";
}
