#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authenticator;
mod consumer;
mod email;
mod quota;
mod store;

pub use authenticator::{ConsumerAuthenticator, VouchError, VouchRequest, Vouched};
pub use consumer::{Client, Consumer, Organisation, PreviousToken};
pub use email::FoldedEmail;
pub use quota::{OverQuota, QuotaLimits, Quotas};
pub use store::{ClientsOf, ConsumerStore, NewClient, SecretRotation};
