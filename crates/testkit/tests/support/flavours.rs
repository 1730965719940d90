//! The flavours of a simulation: the real strategies, with lives that suit it.
#![allow(dead_code, reason = "each program uses some of it")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    ClaimsProfile, Clock, Issuer, KeyBound, Lifetime, Realm, SecretKey, Sharing, SubjectClaim, TokenDigest, Tracked,
};
use testkit::simulation::{ACCESS_LIFE, Flavour, Setup};
use testkit::{Parts, Ports, Sessions};
use token_jwt::{Algorithm, DateUnit, JwtConfig, JwtIssuer, JwtKeys, SigningKey};
use token_opaque::{OpaqueConfig, OpaqueIssuer};

/// A year, as signed device tokens live.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A simulation of every real strategy over this store.
pub(crate) fn real(ports: Ports, operations: usize) -> Setup {
    Setup {
        ports,
        flavours: vec![
            refreshed("mechanics", |parts| tracked(parts, ACCESS_LIFE), false),
            own("login", key_bound),
            own("device", |parts| Arc::new(opaque(parts, Lifetime::UntilRevoked))),
            own("signed-device", |parts| tracked(parts, YEAR)),
            Flavour {
                sharing: Sharing::Shared,
                ..own("integration", |parts| {
                    Arc::new(opaque(parts, Lifetime::Limited(2 * ACCESS_LIFE)))
                })
            },
        ],
        wrap: Box::new(sound),
        operations,
        // `--skew-ms 2000` makes them differ.
        skew: Duration::ZERO,
        late_rows: false,
    }
}

/// The service as it is.
pub(crate) fn sound(sessions: Arc<dyn Sessions>, _: Arc<dyn Clock>) -> Arc<dyn Sessions> {
    sessions
}

/// A flavour without refresh tokens.
pub(crate) fn own(name: &'static str, build: impl Fn(&Parts) -> Arc<dyn Issuer> + 'static) -> Flavour {
    Flavour {
        name,
        build: Box::new(build),
        refreshes: false,
        sharing: Sharing::Own,
        rights_at_once: true,
    }
}

/// A flavour with refresh tokens.
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

fn opaque(parts: &Parts, lifetime: Lifetime) -> OpaqueIssuer {
    let config = OpaqueConfig {
        flavour: parts.flavour.clone(),
        lifetime,
        key: SecretKey::from_bytes([3; 32]),
    };
    OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone())
}

fn tracked(parts: &Parts, lifetime: Duration) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(jwt(parts, lifetime), parts.registry.clone()))
}

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let inner = Tracked::new(jwt(parts, 2 * ACCESS_LIFE), parts.registry.clone());
    let bound = KeyBound::new(inner, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}

fn jwt(parts: &Parts, lifetime: Duration) -> JwtIssuer {
    let config = JwtConfig {
        claims: ClaimsProfile {
            flavour: parts.flavour.clone(),
            realm: Some(Realm::parse("people").expect("the name of a realm")),
            lifetime,
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    };
    let secret = TokenDigest::of(parts.flavour.as_bytes());
    let key = SigningKey::hmac(Algorithm::HS256, secret.as_bytes()).expect("32 bytes");
    let keys = JwtKeys::new(key, Vec::new()).expect("one key");
    JwtIssuer::new(config, keys, parts.clock.clone(), parts.entropy.clone())
}
