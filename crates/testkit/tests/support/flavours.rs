//! The flavours of a simulation: the real strategies, with lives that suit it.
#![allow(dead_code, reason = "each program uses some of it")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{ClaimsProfile, Clock, Issuer, KeyBound, Lifetime, Realm, SecretKey, Sharing, SubjectClaim, Tracked};
use testkit::simulation::{ACCESS_LIFE, Build, Flavour, Following, MAX_OFFSET, Setup};
use testkit::{Parts, Ports, Sessions};
use token_jwt::{DateUnit, JwtConfig, JwtIssuer};
use token_opaque::{OpaqueConfig, OpaqueIssuer};

#[path = "signing.rs"]
pub(crate) mod signing;

use signing::{Follows, Secrets, follower, jwt_keys};

/// A year, as signed device tokens live.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A simulation of every real strategy over this store.
pub(crate) fn real(ports: Ports, operations: usize) -> Setup {
    following(Follows::Soundly, ports, operations)
}

/// The same, with issuers that take new keys in this way.
pub(crate) fn following(follows: Follows, ports: Ports, operations: usize) -> Setup {
    Setup {
        ports,
        flavours: vec![
            Flavour {
                refreshes: true,
                rights_at_once: false,
                ..signed("mechanics", follows, ACCESS_LIFE, tracked)
            },
            signed("login", follows, 2 * ACCESS_LIFE, key_bound),
            own("device", |parts| Arc::new(opaque(parts, Lifetime::UntilRevoked))),
            refreshed(
                "refreshed-opaque",
                |parts| Arc::new(opaque(parts, Lifetime::Limited(ACCESS_LIFE))),
                true,
            ),
            signed("signed-device", follows, YEAR, tracked),
            Flavour {
                sharing: Sharing::Shared,
                ..own("integration", |parts| {
                    Arc::new(opaque(parts, Lifetime::Limited(2 * ACCESS_LIFE)))
                })
            },
        ],
        wrap: Box::new(sound),
        operations,
        skew: MAX_OFFSET,
        late_rows: true,
    }
}

/// The service as it is.
pub(crate) fn sound(sessions: Arc<dyn Sessions>, _: Arc<dyn Clock>) -> Arc<dyn Sessions> {
    sessions
}

/// A flavour without refresh tokens, whose keys stay the same.
pub(crate) fn own(name: &'static str, build: impl Fn(&Parts) -> Arc<dyn Issuer> + 'static) -> Flavour {
    plain(name, Build::Fixed(Box::new(build)))
}

/// A flavour with refresh tokens, whose keys stay the same.
pub(crate) fn refreshed(
    name: &'static str,
    build: impl Fn(&Parts) -> Arc<dyn Issuer> + 'static,
    rights_at_once: bool,
) -> Flavour {
    Flavour {
        refreshes: true,
        rights_at_once,
        ..own(name, build)
    }
}

/// A flavour of JWTs, without refresh tokens, whose keys are changed.
fn signed(
    name: &'static str,
    follows: Follows,
    lifetime: Duration,
    around: fn(&Parts, Arc<JwtIssuer>) -> Arc<dyn Issuer>,
) -> Flavour {
    let build = move |parts: &Parts, keys: &_| {
        let keys = jwt_keys(keys).expect("keys to begin with");
        let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
        let jwt = Arc::new(JwtIssuer::new(config(parts, lifetime), keys, clock, entropy));
        Following {
            issuer: around(parts, jwt.clone()),
            follower: follower(jwt, follows),
        }
    };
    plain(name, Build::Signing(Arc::new(Secrets::of(name)), Box::new(build)))
}

fn plain(name: &'static str, build: Build) -> Flavour {
    Flavour {
        name,
        build,
        refreshes: false,
        sharing: Sharing::Own,
        rights_at_once: true,
    }
}

fn opaque(parts: &Parts, lifetime: Lifetime) -> OpaqueIssuer {
    let config = OpaqueConfig {
        flavour: parts.flavour.clone(),
        lifetime,
        idle: None,
        key: SecretKey::from_bytes([3; 32]),
    };
    OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone())
}

fn tracked(parts: &Parts, jwt: Arc<JwtIssuer>) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(jwt, parts.registry.clone()))
}

fn key_bound(parts: &Parts, jwt: Arc<JwtIssuer>) -> Arc<dyn Issuer> {
    let inner = Tracked::new(jwt, parts.registry.clone());
    let bound = KeyBound::new(inner, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}

fn config(parts: &Parts, lifetime: Duration) -> JwtConfig {
    JwtConfig {
        claims: ClaimsProfile {
            flavour: parts.flavour.clone(),
            realm: Some(Realm::parse("people").expect("the name of a realm")),
            lifetime,
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    }
}
