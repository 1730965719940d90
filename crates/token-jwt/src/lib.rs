#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod algorithm;
mod base64url;
mod claims;
mod error;
mod header;
#[cfg(feature = "issuer")]
mod issuer;
mod json;
mod key;
mod known;
mod peek;
mod policy;
mod sign;
mod time;
mod verify;

pub use algorithm::{Algorithm, Family};
pub use error::{Claim, Class, JwtRejection, Reason};
#[cfg(feature = "issuer")]
pub use issuer::{JwtConfig, JwtIssuer, JwtKeys, SubjectClaim};
pub use json::{JsonError, MAX_DEPTH, MAX_MEMBERS};
pub use key::{Jwk, JwkSet, KeyError, KeySet, Kid, SecretBytes, SigningKey, VerifyingKey, write_jwk_set};
pub use peek::{UnverifiedText, peek_unverified};
pub use policy::Policy;
pub use sign::{SignError, Signer};
pub use time::{DateUnit, UnixTime};
pub use verify::{ClaimsVerifier, Verified};

/// Sources of random bytes, re-exported from ring: whoever calls owns the source and passes it in.
pub use ring::rand::{SecureRandom, SystemRandom};

/// The examples of the project's documentation compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/verify-a-token.md")]
struct VerifyAToken;
