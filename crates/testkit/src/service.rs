//! The laws about sign-in, refresh and sign-out.
//!
//! [`service_conformance!`](crate::service_conformance) makes a test of each.

mod clocks;
mod ends;
mod fixture;
mod growth;
mod hostile;
mod races;
mod rotation;
mod trouble;

pub use clocks::*;
pub use ends::*;
pub use growth::*;
pub use hostile::*;
pub use races::*;
pub use rotation::*;
pub use trouble::*;

use crate::harness::ServiceHarness;
use crate::law::Law;

/// All laws about services.
pub fn laws() -> Vec<Law<dyn ServiceHarness>> {
    crate::__service_laws! { __law_table [service] }
}
