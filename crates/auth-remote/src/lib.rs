#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bounded_cache;
mod error;
mod health;
mod introspection;
mod key_set;
mod server;
mod verifier;

pub use auth_core::{ClaimsProfile, Realm, SubjectClaim};
pub use error::SetupError;
pub use introspection::IntrospectionSource;
pub use key_set::KeySetSource;
pub use token_jwt::{DateUnit, JwtConfig};
pub use verifier::RemoteVerifier;
