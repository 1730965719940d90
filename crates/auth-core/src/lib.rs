#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod clock;
mod directory;
mod entropy;
mod error;
mod hashing;
mod issuer;
mod key_bound;
mod password;
mod refresh;
mod registry;
mod scope;
mod secret;
mod service;
mod signed_claims;
mod store;
mod throttle;
mod token;
mod tracked;

pub use account::{Account, Attributes, FoldedLogin, Generation, NewAccount, Realm, Subject};
pub use clock::{Clock, SystemClock, Timestamp};
pub use directory::{TokenDirectory, TokenSummary};
pub use entropy::{Entropy, EntropyError, SystemEntropy, random_bytes};
pub use error::{IssueError, RefreshError, Rejection, RevokeError, StoreError, Unavailable, VerifyError};
pub use hashing::{
    Busy, HashCost, HashCostError, HashEngine, HashError, HashingCounters, HashingOptions, PasswordHasher, Verdict,
};
pub use issuer::{Capabilities, Issuer, Verifier};
pub use key_bound::KeyBound;
pub use password::{
    PasswordAuthenticator, PasswordChange, PasswordPolicy, PasswordSetter, PolicyViolation, SetPasswordError,
    SignInError,
};
pub use refresh::{RefreshPolicy, RefreshState, Selector};
pub use registry::{RegistryLimits, TokenRegistry};
pub use scope::{Scope, Scopes};
pub use secret::{PlainToken, SecretKey, TokenDigest};
pub use service::{Refreshing, SignedIn, TokenService};
pub use signed_claims::{ClaimsProfile, SignedClaims, SubjectClaim, UnsignedToken};
pub use store::{
    AccountStore, Change, FeedEntry, NewToken, PasswordRecord, PasswordStore, RefreshSession, TokenRecord, TokenStore,
};
pub use throttle::{
    Allowance, Attempt, ClientNetwork, RateLimit, Throttle, ThrottleCounters, ThrottleLimits, Throttled,
};
pub use token::{
    FlavourName, Grant, IssuedToken, Lifetime, PresentedToken, SessionRef, Sharing, TokenId, VerifiedToken,
    canonical_number,
};
pub use tracked::Tracked;
