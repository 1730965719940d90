#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod format;
mod issuer;

pub use format::{MAX_BYTES, OpaqueToken, SECRET_CHARS, Secret};
pub use issuer::{OpaqueConfig, OpaqueIssuer};
