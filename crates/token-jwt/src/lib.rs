#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod algorithm;
mod base64url;
mod claims_verifier;
mod error;
mod header;
#[cfg(feature = "issuer")]
mod issuer;
mod json;
#[cfg(feature = "verifier")]
mod jwt_verifier;
mod key;
mod known_headers;
mod peek;
mod policy;
mod registered_claims;
mod signer;
mod time;

pub use algorithm::{Algorithm, Family};
pub use claims_verifier::{ClaimsVerifier, Verified};
pub use error::{Claim, Class, JwtRejection, Reason};
#[cfg(feature = "issuer")]
pub use issuer::{JwtIssuer, JwtKeys};
pub use json::{JsonError, MAX_DEPTH, MAX_MEMBERS};
#[cfg(feature = "verifier")]
pub use jwt_verifier::{JwtConfig, JwtVerifier};
pub use key::{Jwk, JwkSet, KeyError, KeySet, Kid, SecretBytes, SigningKey, VerifyingKey, write_jwk_set};
pub use peek::{UnverifiedText, peek_unverified};
pub use policy::Policy;
pub use signer::{SignError, Signer};
pub use time::{DateUnit, UnixTime};

/// Sources of random bytes, re-exported from ring. The caller owns the source and passes it in.
pub use ring::rand::{SecureRandom, SystemRandom};

/// The examples of the project's documentation compile and pass.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/verify-a-token.md")]
struct VerifyAToken;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/proxies/README.md")]
struct BeforeAService;
