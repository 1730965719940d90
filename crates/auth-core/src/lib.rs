#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod clock;
mod entropy;
mod error;
mod issuer;
mod key_bound;
mod refresh;
mod registry;
mod scope;
mod secret;
mod service;
mod store;
mod token;
mod tracked;

pub use account::{Account, Attributes, FoldedLogin, Generation, NewAccount, Realm, Subject};
pub use clock::{Clock, SystemClock, Timestamp};
pub use entropy::{Entropy, EntropyError, SystemEntropy, random_bytes};
pub use error::{IssueError, RefreshError, Rejection, RevokeError, StoreError, Unavailable, VerifyError};
pub use issuer::{Capabilities, Issuer, Verifier};
pub use key_bound::KeyBound;
pub use refresh::{RefreshPolicy, RefreshState, Selector};
pub use registry::{RegistryLimits, TokenRegistry};
pub use scope::{Scope, Scopes};
pub use secret::{PlainToken, SecretKey, TokenDigest};
pub use service::{Refreshing, SignedIn, TokenService};
pub use store::{
    AccountStore, Change, Credential, FeedEntry, NewToken, PasswordStore, RefreshSession, TokenRecord, TokenStore,
};
pub use token::{
    FlavourName, Grant, IssuedToken, Lifetime, PresentedToken, SessionRef, Sharing, TokenId, VerifiedToken,
    canonical_number,
};
pub use tracked::Tracked;
