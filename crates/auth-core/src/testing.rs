//! Stand-ins for tests of code that uses this crate (feature `test-support`).
//!
//! # Security
//! Nothing here belongs in a running service: [`ActingAs`] accepts every token. Enable the feature under
//! `[dev-dependencies]` only.

mod acting_as;
mod manual_clock;

pub use acting_as::{ActingAs, acting_as};
pub use manual_clock::ManualClock;
