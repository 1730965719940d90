#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authenticator;
mod consumer;
mod email;
mod store;

pub use authenticator::{ConsumerAuthenticator, VouchError, VouchRequest, Vouched};
pub use consumer::{Client, Consumer, Organisation};
pub use email::FoldedEmail;
pub use store::{ConsumerStore, NewClient};
