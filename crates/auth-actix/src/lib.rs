#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod carrier;
mod error;
mod extract;
mod gate;

pub use carrier::{CarrierError, Carriers, Credential};
pub use error::Denied;
pub use extract::Authenticated;
pub use gate::{Door, Gate};

/// The examples of the project's own README, compiled here because this crate sees all they need.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ProjectReadme;
