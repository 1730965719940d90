#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authenticator;
mod consumer;
mod store;

pub use authenticator::{ConsumerAuthenticator, FoldedEmail, VouchError, Vouched};
pub use consumer::{Client, Consumer, Organisation};
pub use store::{ConsumerStore, NewClient};
