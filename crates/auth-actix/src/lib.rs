#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authenticator;
mod carrier;
mod extract;
mod rejection;

pub use authenticator::{AuthScheme, Authenticator};
pub use carrier::{CarrierError, Carriers, Credential};
pub use extract::Authenticated;
pub use rejection::{AuthRejection, RejectionKind};

/// The examples of the project's own README, compiled here because this crate sees all they need.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ProjectReadme;
