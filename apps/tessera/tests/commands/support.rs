//! Helpers shared with the tests of the server.
#![allow(dead_code, reason = "the tests of the server use the rest")]

#[path = "../it/support/client.rs"]
pub mod client;
#[path = "../it/support/description.rs"]
pub mod description;
#[path = "../it/support/poll.rs"]
mod poll;
#[path = "../it/support/server.rs"]
pub mod server;
#[path = "../it/support/tls.rs"]
mod tls;

pub use poll::poll;
