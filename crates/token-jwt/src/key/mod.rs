//! Keys: each is bound to one algorithm and checked when it is made.

mod der;
mod error;
mod guess;
mod jwk;
mod kid;
mod material;
mod numbers;
mod pem;
mod points;
mod private;
mod public;
mod rsa;
mod secret;
mod set;
mod signing;
mod verifying;

pub use error::KeyError;
pub use jwk::{Jwk, JwkSet};
pub use kid::Kid;
pub use public::write_jwk_set;
pub use secret::SecretBytes;
pub use set::KeySet;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

pub(crate) use public::quoted;
