//! The built-in strategies, one file each.

mod jwt;
mod opaque;

pub use jwt::JwtStrategy;
pub use opaque::OpaqueStrategy;
