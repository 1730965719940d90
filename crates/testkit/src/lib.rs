#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "every law panics if it is broken, and answers an error if it does not apply, as `law` describes"
)]

mod entropy;
mod failing;
mod harness;
mod in_process;
pub mod issuer;
pub mod law;
mod macros;
mod ports;
pub mod service;
pub mod sign_in;
mod sign_in_harness;
mod simple;
pub mod simulation;
mod skewed_clock;
pub mod store;

pub use auth_core::testing::ManualClock;
pub use entropy::{FailingEntropy, SeededEntropy};
pub use failing::{Action, FailingStore, Moment, StoreCall};
pub use harness::{
    Accepted, Expiry, Issued, IssuerHarness, Issuing, NotIssued, Owner, Prints, Profile, Renewal, Revocation,
    ServiceHarness, Session, Verdict,
};
pub use in_process::{InProcess, Parts, Sessions};
pub use law::{LawResult, NotApplicable, Outcome, Supported, Unsupported};
pub use ports::{MemoryHarness, Ports, StoreHarness};
pub use sign_in_harness::{Guess, PasswordNode, SignInHarness};
pub use simple::SimpleIssuer;
