#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authenticator;
mod consumer;
mod email;
mod guard;
mod quota;
mod resource_server;
mod resource_server_authenticator;
mod secret;
mod store;

pub use authenticator::{ConsumerAuthenticator, VouchError, VouchRequest, Vouched};
pub use consumer::{Client, Consumer, Organisation};
pub use email::FoldedEmail;
pub use quota::{OverQuota, QuotaLimits, Quotas};
pub use resource_server::{Audience, ResourceServer, ResourceServerStore};
pub use resource_server_authenticator::{ResourceServerAuthenticator, ResourceServerError};
pub use secret::{PreviousSecret, SecretRotation};
pub use store::{ClientsOf, ConsumerStore, NewClient};
