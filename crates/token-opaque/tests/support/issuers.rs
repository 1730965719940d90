//! The issuers under test.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Issuer, KeyBound, Lifetime, SecretKey};
use testkit::Parts;
use token_opaque::{OpaqueConfig, OpaqueIssuer};

pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

fn opaque(parts: &Parts, lifetime: Lifetime) -> OpaqueIssuer {
    let config = OpaqueConfig {
        flavour: parts.flavour.clone(),
        lifetime,
        idle: None,
        key: SecretKey::from_bytes([3; 32]),
    };
    OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone())
}

/// Tokens that are valid until they are revoked, as in the device flavour.
pub(crate) fn until_revoked(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(opaque(parts, Lifetime::UntilRevoked))
}

/// Tokens that are valid for an hour.
pub(crate) fn for_an_hour(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(opaque(parts, Lifetime::Limited(HOUR)))
}

/// Tokens that are valid for an hour, bound to keys.
pub(crate) fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let inner = opaque(parts, Lifetime::Limited(HOUR));
    let bound = KeyBound::new(inner, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}
