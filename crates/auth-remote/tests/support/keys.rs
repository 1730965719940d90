//! An issuer whose keys the test publishes.
#![allow(dead_code, reason = "no test uses all of it")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{ClaimsProfile, Generation, Grant, Issuer, Realm, Scopes, Subject, SubjectClaim, SystemEntropy};
use auth_remote::{DateUnit, JwtConfig};
use token_jwt::{Algorithm, JwtIssuer, JwtKeys, Kid, SigningKey, SystemRandom};

/// What the tokens of these tests carry. They live for a day.
pub(crate) fn config() -> JwtConfig {
    JwtConfig {
        claims: ClaimsProfile {
            flavour: "shops".into(),
            realm: Some(Realm::parse("shops").expect("an allowed name")),
            lifetime: Duration::from_secs(24 * 60 * 60),
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    }
}

/// An issuer with a key of this name.
pub(crate) struct Server {
    issuer: JwtIssuer,
}

impl Server {
    pub(crate) fn new(kid: &str, clock: &Arc<ManualClock>) -> Self {
        let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).expect("a key");
        let key = key.with_kid(Kid::new(kid).expect("a name"));
        let keys = JwtKeys::new(key, Vec::new()).expect("keys");
        let issuer = JwtIssuer::new(config(), keys, clock.clone(), Arc::new(SystemEntropy));
        Self { issuer }
    }

    pub(crate) async fn token(&self) -> String {
        let realm = Realm::parse("shops").expect("an allowed name");
        let grant = Grant::new(Subject(7), Generation(0), realm, Scopes::none());
        let issued = self.issuer.issue(grant).await.expect("a token");
        issued.plain.expose().to_owned()
    }

    pub(crate) fn jwk_set(&self) -> String {
        published(&[self])
    }
}

/// The keys of these, as the server of one flavour publishes them.
pub(crate) fn published(servers: &[&Server]) -> String {
    let jwk = |server: &&Server| {
        let jwk = server.issuer.verifying_keys().keys()[0].to_jwk().expect("public");
        let mut jwk: serde_json::Value = serde_json::from_str(&jwk).expect("JSON");
        jwk["flavour"] = "shops".into();
        jwk
    };
    serde_json::json!({"keys": servers.iter().map(jwk).collect::<Vec<_>>()}).to_string()
}
