//! The edge: bodies, addresses, panics.

pub mod body;
pub mod panic;
pub mod source;
