//! The laws about guessing passwords: how many guesses there are, and who is not locked out by them.
//!
//! [`sign_in_conformance!`](crate::sign_in_conformance) makes a test of each.

mod fixture;
mod guesses;
mod neighbours;

pub use guesses::*;
pub use neighbours::*;

use crate::law::Law;
use crate::sign_in_harness::SignInHarness;

/// All laws about guessing passwords.
pub fn laws() -> Vec<Law<dyn SignInHarness>> {
    crate::__sign_in_laws! { __law_table [sign_in] }
}
