//! The laws about issuers and verifiers of any kind of token.
//!
//! [`issuer_conformance!`](crate::issuer_conformance) makes a test of each.

mod accepts;
mod clocks;
mod ends;
pub(crate) mod fixture;
mod keys;
mod refuses;
mod rights;
mod secrecy;
mod shared;
mod stolen;
mod trouble;

pub use accepts::*;
pub use clocks::*;
pub use ends::*;
pub use keys::*;
pub use refuses::*;
pub use rights::*;
pub use secrecy::*;
pub use shared::*;
pub use stolen::*;
pub use trouble::*;

use crate::harness::IssuerHarness;
use crate::law::Law;

/// All laws about issuers.
pub fn laws() -> Vec<Law<dyn IssuerHarness>> {
    crate::__issuer_laws! { __law_table [issuer] }
}
