//! What the layer and the extractors let through.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/fixed.rs"]
mod support;

use std::sync::atomic::Ordering;

use auth_axum::{AuthRejection, Authenticated, Authenticator, Claims, RequireAuth};
use axum::body::to_bytes;
use axum::http::{Request, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use support::{authenticator, header, request};

#[derive(serde::Deserialize)]
struct Plan {
    user_id: i64,
    plan: String,
}

async fn open() -> &'static str {
    "open"
}

async fn name(caller: Authenticated) -> String {
    caller.token().subject().to_string()
}

async fn greeting(caller: Option<Authenticated>) -> String {
    caller.map_or("anonymous".into(), |caller| caller.token().subject().to_string())
}

async fn plan(Claims(plan): Claims<Plan>) -> String {
    format!("{} {}", plan.user_id, plan.plan)
}

async fn either(caller: Authenticated) -> Result<(), AuthRejection> {
    caller.require_any(&["read", "admin"])
}

async fn both(caller: Authenticated, Claims(_): Claims<Plan>) -> Result<(), AuthRejection> {
    caller.require_all(&["read", "write"])
}

/// An application with every kind of route.
fn app(authenticator: Authenticator) -> Router {
    let guard = || RequireAuth::new(authenticator.clone());
    let guarded = Router::new()
        .route("/name", get(name))
        .route("/write", get(open).layer(guard().all_of(["write"])))
        .layer(guard());
    Router::new()
        .route("/open", get(open))
        .route("/greeting", get(greeting))
        .route("/plan", get(plan))
        .route("/either", get(either))
        .route("/both", get(both))
        .nest("/guarded", guarded)
        .layer(Extension(authenticator))
}

/// Status and body of its answer.
async fn answer(authenticator: Authenticator, path: &str, token: Option<&str>) -> (u16, String) {
    let response = app(authenticator).oneshot(request(path, token)).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn status(path: &str, token: Option<&str>) -> u16 {
    answer(authenticator().0, path, token).await.0
}

#[tokio::test]
async fn the_layer_guards_every_route_of_its_router_and_none_outside() {
    assert_eq!(status("/open", None).await, 200);
    for path in ["/guarded/name", "/guarded/write"] {
        assert_eq!(status(path, None).await, 401, "{path}");
        assert_eq!(status(path, Some("forged")).await, 401, "{path}");
        assert_eq!(status(path, Some("broken")).await, 503, "{path}");
    }
    assert_eq!(status("/guarded/name", Some("reader")).await, 200);
}

#[tokio::test]
async fn a_route_of_a_guarded_router_may_need_more() {
    assert_eq!(status("/guarded/write", Some("reader")).await, 403);
    assert_eq!(status("/guarded/write", Some("writer")).await, 200);
}

#[tokio::test]
async fn a_request_is_authenticated_once_however_many_ask() {
    for path in ["/guarded/write", "/guarded/name", "/both"] {
        let (authenticator, verifier) = authenticator();
        answer(authenticator, path, Some("writer")).await;
        assert_eq!(verifier.checks.load(Ordering::SeqCst), 1, "{path}");
    }
}

#[tokio::test]
async fn the_layer_alone_serves_the_extractors() {
    let app = Router::new()
        .route("/", get(name))
        .layer(RequireAuth::new(authenticator().0));
    let response = app.oneshot(request("/", Some("reader"))).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 10).await.unwrap(), "7");
}

/// An inner router's authenticator is not satisfied by what an outer one accepts.
#[tokio::test]
async fn a_caller_of_one_authenticator_is_none_of_another() {
    let app = Router::new()
        .route("/", get(name))
        .layer(Extension(Authenticator::new(Vec::new(), "other")))
        .layer(RequireAuth::new(authenticator().0));
    let response = app.oneshot(request("/", Some("reader"))).await.unwrap();
    assert_eq!(response.status().as_u16(), 401);
    assert!(header(response.headers(), "www-authenticate").contains("other"));
}

#[tokio::test]
async fn without_an_authenticator_every_request_is_503() {
    let app = Router::new().route("/", get(name)).route("/greeting", get(greeting));
    for path in ["/", "/greeting"] {
        let response = app.clone().oneshot(request(path, None)).await.unwrap();
        assert_eq!(response.status().as_u16(), 503, "{path}");
    }
}

#[tokio::test]
async fn optional_means_without_a_token_and_not_with_a_bad_one() {
    let (authenticator, _) = authenticator();
    let greeting = |token| answer(authenticator.clone(), "/greeting", token);
    assert_eq!(greeting(None).await, (200, "anonymous".into()));
    assert_eq!(greeting(Some("reader")).await, (200, "7".into()));
    assert_eq!(greeting(Some("forged")).await.0, 401);
    assert_eq!(greeting(Some("broken")).await.0, 503);
}

#[tokio::test]
async fn one_of_several_permissions_or_all_of_them() {
    assert_eq!(status("/either", Some("reader")).await, 200);
    assert_eq!(status("/either", Some("writer")).await, 403);
    assert_eq!(status("/both", Some("reader")).await, 403);
}

#[tokio::test]
async fn claims_come_as_the_services_own_type_or_not_at_all() {
    let (authenticator, _) = authenticator();
    let plan = |token| answer(authenticator.clone(), "/plan", token);
    assert_eq!(plan(Some("reader")).await, (200, "7 gold".into()));
    assert_eq!(plan(Some("writer")).await.0, 401, "claims of another shape");
    assert_eq!(plan(Some("claimless")).await.0, 503, "a verifier that keeps none");
    assert_eq!(plan(None).await.0, 401);
}

/// The layer is tower's: it guards services that know nothing of axum's router or its bodies.
#[tokio::test]
async fn the_layer_guards_any_service_of_tower() {
    type Answer = Response<Full<axum::body::Bytes>>;
    let inner = service_fn(async |_: Request<Full<axum::body::Bytes>>| {
        Ok::<Answer, std::convert::Infallible>(Response::new(Full::from("inside")))
    });
    let service = RequireAuth::new(authenticator().0).layer(inner);
    for (token, status, body) in [
        ("reader", 200, "inside"),
        ("forged", 401, r#"{"error":"unauthorized"}"#),
    ] {
        let request = request("/", Some(token)).map(|_| Full::default());
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);
    }
}
