#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod authenticator;
mod caller;
mod carrier;
mod expiry_notice;
mod proxies;
mod rejection;
mod request_head;
mod requirement;

pub use answer::RejectionAnswer;
pub use authenticator::{AuthScheme, Authenticator};
pub use caller::Caller;
pub use carrier::{CarrierError, Carriers, Credential};
pub use expiry_notice::ExpiryNotice;
pub use proxies::TrustedProxies;
pub use rejection::{RejectedRequest, RejectionKind};
pub use request_head::{Field, RequestHead};
pub use requirement::Requirement;
