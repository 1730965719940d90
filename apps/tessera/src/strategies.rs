//! The built-in strategies, one file each.

mod jwt;
mod opaque;

pub use jwt::JwtStrategy;
pub(crate) use jwt::{JwtKeyFormat, signing_key};
pub use opaque::OpaqueStrategy;
