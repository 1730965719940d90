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
