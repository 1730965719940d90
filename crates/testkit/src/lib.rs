#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a law that does not hold panics, and one that does not apply says so: always alike, as `law` tells"
)]

mod clock;
pub mod law;
mod macros;
mod ports;
pub mod store;

pub use clock::ManualClock;
pub use law::{Able, NotApplicable, Outcome, Unsupported, Upheld};
pub use ports::{MemoryHarness, Ports, StoreHarness};
