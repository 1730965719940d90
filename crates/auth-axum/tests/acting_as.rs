//! Handlers are tested without tokens, and with a clock that the test sets (feature `test-support`).
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use std::sync::Arc;
use std::time::Duration;

use auth_axum::{AuthRejection, Authenticated, Authenticator, Claims, ExpiryNotice, RequireAuth};
use auth_core::testing::{ManualClock, acting_as};
use auth_core::{
    ClaimsProfile, Clock, Generation, Grant, Issuer, Realm, Scopes, Subject, SubjectClaim, SystemEntropy, Timestamp,
};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use token_jwt::{Algorithm, DateUnit, JwtConfig, JwtIssuer, JwtKeys, SigningKey, SystemRandom};
use tower::ServiceExt;

async fn games(caller: Authenticated) -> Result<(), AuthRejection> {
    caller.require("games.read")
}

#[derive(serde::Deserialize)]
struct Plan {
    plan: String,
}

async fn plan(Claims(it): Claims<Plan>) -> String {
    it.plan
}

async fn status(authenticator: Authenticator, path: &str, authorization: Option<&str>) -> u16 {
    let app = Router::new()
        .route("/games", get(games))
        .route("/plan", get(plan))
        .layer(RequireAuth::new(authenticator));
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn every_request_is_the_subjects() {
    let authenticator = Authenticator::acting_as(Subject(7), ["games.read"]);
    for authorization in [None, Some("Bearer anything"), Some("unreadable, as a token")] {
        assert_eq!(status(authenticator.clone(), "/games", authorization).await, 200);
    }
}

#[tokio::test]
async fn a_permission_that_was_not_given_is_missing() {
    let authenticator = Authenticator::acting_as(Subject(7), ["games.write"]);
    assert_eq!(status(authenticator, "/games", None).await, 403);
}

#[tokio::test]
async fn claims_are_those_that_were_given() {
    let stand_in = acting_as(Subject(7), []).claims(r#"{"plan":"gold"}"#);
    assert_eq!(status(stand_in.into(), "/plan", None).await, 200);
}

#[tokio::test]
async fn the_test_moves_the_clock_past_the_end_of_a_token() {
    let clock = Arc::new(ManualClock::new());
    let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).unwrap();
    let config = JwtConfig {
        claims: ClaimsProfile {
            flavour: "test".into(),
            realm: Some(Realm::parse("test").unwrap()),
            lifetime: Duration::from_secs(900),
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    };
    let keys = JwtKeys::new(key, Vec::new()).unwrap();
    let issuer = Arc::new(JwtIssuer::new(config, keys, clock.clone(), Arc::new(SystemEntropy)));
    let scopes = Scopes::parse_list("games.read").unwrap();
    let grant = Grant::new(Subject(7), Generation(0), Realm::parse("test").unwrap(), scopes);
    let token = issuer.issue(grant).await.unwrap();
    let authorization = format!("Bearer {}", token.plain.expose());
    let authenticator = Authenticator::bearer(issuer, "test");

    assert_eq!(status(authenticator.clone(), "/games", Some(&authorization)).await, 200);
    clock.advance(Duration::from_secs(900));
    assert_eq!(status(authenticator, "/games", Some(&authorization)).await, 401);
}

#[tokio::test]
async fn who_has_a_token_that_expires_soon_learns_when() {
    let clock = Arc::new(ManualClock::new());
    let notice = ExpiryNotice::with_clock(Duration::from_secs(60), clock.clone());
    let header_with = async |expires_at: Timestamp| {
        let stand_in = acting_as(Subject(7), ["games.read"]).expires_at(expires_at);
        let guard = RequireAuth::new(stand_in.into()).expiry_notice(notice.clone());
        let app = Router::new().route("/games", get(games)).layer(guard);
        let request = Request::get("/games").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let header = response.headers().get(ExpiryNotice::TOKEN_EXPIRES_AT);
        header.map(|value| value.to_str().unwrap().to_owned())
    };
    let soon = clock.now().plus(Duration::from_secs(60));
    assert_eq!(header_with(soon).await, Some((soon.as_millis() / 1000).to_string()));
    assert_eq!(header_with(soon.plus(Duration::from_millis(1))).await, None);
}
