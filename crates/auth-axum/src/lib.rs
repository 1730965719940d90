#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod extract;
mod head;
mod rejection;
mod require_auth;

pub use auth_http::{
    AuthScheme, Authenticator, CarrierError, Carriers, Credential, ExpiryNotice, RejectedRequest, RejectionAnswer,
    RejectionKind, Requirement, TrustedProxies,
};
pub use extract::{Authenticated, Claims};
pub use head::Head;
pub use rejection::AuthRejection;
pub use require_auth::{RequireAuth, RequireAuthService};
