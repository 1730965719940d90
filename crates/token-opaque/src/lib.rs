#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod format;
mod issuer;

pub use format::{MAX_BYTES, OpaqueSecret, OpaqueToken, SECRET_CHARS};
pub use issuer::{OpaqueConfig, OpaqueIssuer};
