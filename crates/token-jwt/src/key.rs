//! Keys: each is bound to one algorithm and checked when it is made.

mod curve_points;
mod der;
mod error;
mod field_arithmetic;
mod jwk;
mod jwk_members;
mod jwk_set;
mod kid;
mod material;
mod pem;
mod private_jwk;
mod public_jwk;
mod rsa;
mod secret;
mod set;
mod signing;
mod verifying;
mod weak_secret;

pub use error::KeyError;
pub use jwk::Jwk;
pub use jwk_set::JwkSet;
pub use kid::Kid;
pub use public_jwk::write_jwk_set;
pub use secret::SecretBytes;
pub use set::KeySet;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

pub(crate) use public_jwk::quoted;
