//! The root key under one master key.

use auth_core::{Entropy, SecretKey, Timestamp, random_bytes};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::SealError;

/// The labels are part of what is at rest: they stay as they are.
const SEALING: &str = "seal of the root key";
const NAMING: &str = "name of a master key";

const NAME_LEN: usize = 8;
const TIME_LEN: usize = 8;
const SEALED_LEN: usize = NONCE_LEN + 32 + 16;

/// The length of a seal as stored: the name of the master key, since when it is accepted, the nonce, the ciphertext with its
/// tag.
pub(super) const ENTRY_LEN: usize = NAME_LEN + TIME_LEN + SEALED_LEN;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) name: [u8; NAME_LEN],
    pub(super) since: Timestamp,
    sealed: [u8; SEALED_LEN],
}

impl Seal {
    pub(super) fn make(
        root: &SecretKey,
        master: &SecretKey,
        since: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, SealError> {
        let nonce: [u8; NONCE_LEN] = random_bytes(entropy).map_err(|_| SealError::Random)?;
        let name = name_of(master);
        let mut text = Zeroizing::new(root.expose().to_vec());
        let bound = Aad::from(bound_data(name, since));
        let once = Nonce::assume_unique_for_key(nonce);
        let tag = sealing_key(master).seal_in_place_separate_tag(once, bound, &mut text);
        let tag = tag.map_err(|_| SealError::Random)?;
        let sealed = [nonce.as_slice(), text.as_slice(), tag.as_ref()].concat();
        let sealed = sealed.try_into().map_err(|_| SealError::Random)?;
        Ok(Self { name, since, sealed })
    }

    pub(super) fn open(&self, master: &SecretKey) -> Option<SecretKey> {
        let (nonce, text) = self.sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut buffer = Zeroizing::new(text.to_vec());
        let bound = Aad::from(bound_data(self.name, self.since));
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = sealing_key(master).open_in_place(nonce, bound, &mut buffer).ok()?;
        <[u8; 32]>::try_from(&*opened).ok().map(SecretKey::from_bytes)
    }

    pub(super) fn to_stored(&self) -> Vec<u8> {
        let since = self.since.as_millis().to_be_bytes();
        [self.name.as_slice(), &since, &self.sealed].concat()
    }

    pub(super) fn from_stored(entry: &[u8; ENTRY_LEN]) -> Self {
        let (mut name, mut since, mut sealed) = ([0; NAME_LEN], [0; TIME_LEN], [0; SEALED_LEN]);
        name.copy_from_slice(&entry[..NAME_LEN]);
        since.copy_from_slice(&entry[NAME_LEN..NAME_LEN + TIME_LEN]);
        sealed.copy_from_slice(&entry[NAME_LEN + TIME_LEN..]);
        Self {
            name,
            since: Timestamp::from_millis(i64::from_be_bytes(since)),
            sealed,
        }
    }

    pub(super) fn shown_name(&self) -> String {
        self.name.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn sealing_key(master: &SecretKey) -> LessSafeKey {
    let key = master.derive(SEALING);
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).expect("the algorithm takes keys of 32 bytes");
    LessSafeKey::new(key)
}

/// What tells one master key from another, and nothing else of it.
pub(super) fn name_of(master: &SecretKey) -> [u8; NAME_LEN] {
    let derived = master.derive(NAMING);
    let mut name = [0; NAME_LEN];
    name.copy_from_slice(&derived.expose()[..NAME_LEN]);
    name
}

fn bound_data(name: [u8; NAME_LEN], since: Timestamp) -> Vec<u8> {
    [SEALING.as_bytes(), &name, &since.as_millis().to_be_bytes()].concat()
}
