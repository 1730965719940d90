//! What can go wrong with keys. No message has a secret in it.

use auth_core::{EntropyError, StoreError, Timestamp};

use crate::stored::{KeyPurpose, PurposeError};

/// A key was not sealed or did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The random source failed.
    #[error("the random source failed")]
    Random,
    /// The master key is another, or the bytes were altered, or they belong to another name or purpose. Which of these
    /// it is cannot be found out.
    #[error("the stored key does not open under this master key, name and purpose")]
    Unopened,
    /// Another master key would be the ninth.
    #[error("eight master keys are accepted, and no more can be")]
    TooMany,
}

/// A strategy cannot make, read or write a key. The text says why, for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFormatError {
    /// Keys of this algorithm are not made here, only imported (such as RSA).
    #[error("{0}")]
    ImportOnly(String),
    /// The text or the stored bytes are no key of this algorithm.
    #[error("{0}")]
    NotAKey(String),
    /// The algorithm has one secret that signs and verifies, and no public key.
    #[error("{0}")]
    NoPublicKey(String),
    /// A key's name is empty, longer than 256 bytes, or has control characters.
    #[error("a key's name has 1 to 256 bytes and no control characters")]
    Name,
    /// The random source failed.
    #[error("the random source failed")]
    Random,
}

impl From<EntropyError> for KeyFormatError {
    fn from(_: EntropyError) -> Self {
        Self::Random
    }
}

/// The keyring could not do what was asked. Nothing has changed, unless the store failed while it answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The strategy could not make, read or write a key.
    #[error(transparent)]
    Format(#[from] KeyFormatError),
    /// A key was not sealed, or a stored one did not open.
    #[error("the signing key {name} of {purpose}: {source}")]
    Seal {
        /// The key.
        name: String,
        /// What it is for.
        purpose: KeyPurpose,
        /// What is wrong.
        source: SealError,
    },
    /// There is no such purpose.
    #[error(transparent)]
    Purpose(#[from] PurposeError),
    /// No key of the purpose signs now.
    #[error("no key of {0} signs")]
    NoSigner(KeyPurpose),
    /// Another key has the new key's name. For an imported key: it was imported before.
    #[error("there is a key named {0} already")]
    NameTaken(String),
    /// The secret of a new key is that of this stored key, perhaps a retired one.
    #[error("the same secret is stored already, as the key {0}")]
    SecretTaken(String),
    /// A key of the purpose is published, and does not sign yet.
    #[error("the key {name} of {purpose} waits to sign")]
    NextWaits {
        /// The key.
        name: String,
        /// What it is for.
        purpose: KeyPurpose,
        /// From when on it signs.
        from: Timestamp,
    },
    /// There is no key of this name.
    #[error("there is no key named {0}")]
    UnknownKey(String),
    /// The key is the only one that signs, at the moment it would retire or later.
    #[error("{name} is the only key of {purpose} that signs at that moment")]
    LastSigner {
        /// The key.
        name: String,
        /// What it is for.
        purpose: KeyPurpose,
    },
    /// Every other key of the purpose has an end already.
    #[error("no other key of {purpose} goes on after {name}")]
    NoSuccessor {
        /// The key.
        name: String,
        /// What it is for.
        purpose: KeyPurpose,
    },
    /// An emergency found no key that verifies: there is nothing to replace, and nothing was added.
    #[error("no key verifies, so that there is none to replace")]
    NothingToReplace,
}
