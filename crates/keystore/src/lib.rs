#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod active;
mod error;
mod format;
mod keyring;
mod plain;
mod root;
pub mod rotation;
mod seal;
mod store;
mod stored;

pub use active::{ActiveKeys, KeyFollower};
pub use error::{KeyFormatError, KeyringError, SealError};
pub use format::{KeyFormat, KeyNamer};
pub use keyring::{
    ChangedKeys, Keyring, KeysHealth, ListedKey, ReloadFailure, Reloaded, Replaced, Resealed, RetireWhen, Rotated,
    RotationPlan,
};
pub use plain::PlainKey;
pub use root::{AcceptedKey, RootSeals};
pub use rotation::{KeySchedule, KeyState, KeyTimes};
pub use seal::Sealer;
pub use store::{EmergencyOutcome, KeyStore, RetireOutcome, Retirement, RotateOutcome};
pub use stored::{KeyPurpose, PurposeError, StoredKey};
