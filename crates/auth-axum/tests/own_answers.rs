//! A service's own error bodies, and the headers that layers add to refusals.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/fixed.rs"]
mod support;

use auth_axum::{Authenticated, Authenticator, RejectedRequest, RejectionAnswer, RejectionKind, RequireAuth};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, header::AUTHORIZATION};
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

use support::{authenticator, header, request};

async fn name(caller: Authenticated) -> String {
    caller.token().subject().to_string()
}

/// Two routes: one guarded by the layer, one by the extractor; and CORS around both.
fn app(authenticator: Authenticator) -> Router {
    let cors = CorsLayer::new()
        .allow_origin("https://app.example".parse::<HeaderValue>().unwrap())
        .allow_methods([Method::GET])
        .allow_headers([AUTHORIZATION]);
    Router::new()
        .route("/layer", get(name))
        .route_layer(RequireAuth::new(authenticator.clone()).all_of(["write"]))
        .route("/extractor", get(name))
        .layer(Extension(authenticator))
        .layer(cors)
}

#[tokio::test]
async fn a_refusal_carries_the_cors_headers() {
    for (path, token, status) in [
        ("/layer", None, 401),
        ("/layer", Some("forged"), 401),
        ("/layer", Some("reader"), 403),
        ("/layer", Some("broken"), 503),
        ("/extractor", None, 401),
        ("/extractor", Some("broken"), 503),
    ] {
        let mut request = request(path, token);
        request
            .headers_mut()
            .insert("origin", HeaderValue::from_static("https://app.example"));
        let response = app(authenticator().0).oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let allowed = header(response.headers(), "access-control-allow-origin");
        assert_eq!(allowed, "https://app.example", "{path} {token:?}");
        let challenged = response.headers().contains_key("www-authenticate");
        assert_eq!(challenged, status < 500, "{path} {token:?}");
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    for path in ["/layer", "/extractor"] {
        let preflight = Request::options(path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .body(Body::empty())
            .unwrap();
        let response = app(authenticator().0).oneshot(preflight).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let allowed = header(response.headers(), "access-control-allow-headers");
        assert_eq!(allowed, "authorization", "{path}");
    }
}

/// In the service's own shape; it hides that there is something to be allowed to do.
fn own_shape(rejected: &RejectedRequest, mut answer: RejectionAnswer) -> RejectionAnswer {
    let kind = match rejected.kind() {
        RejectionKind::Absent => "absent",
        RejectionKind::Invalid(_) => "invalid",
        RejectionKind::Scope => "scope",
        _ => "unavailable",
    };
    if kind == "scope" {
        answer.status = 404;
    }
    answer
        .with_header("X-Service", "games")
        .with_body("application/problem+json", format!("{{\"kind\":\"{kind}\"}}"))
}

#[tokio::test]
async fn a_service_answers_refusals_in_its_own_shape() {
    let app = app(authenticator().0.with_answer(own_shape));
    for (path, token, status, body) in [
        ("/layer", None, 401, r#"{"kind":"absent"}"#),
        ("/extractor", Some("forged"), 401, r#"{"kind":"invalid"}"#),
        ("/layer", Some("reader"), 404, r#"{"kind":"scope"}"#),
        ("/extractor", Some("broken"), 503, r#"{"kind":"unavailable"}"#),
    ] {
        let response = app.clone().oneshot(request(path, token)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(header(response.headers(), "content-type"), "application/problem+json");
        assert_eq!(header(response.headers(), "x-service"), "games");
        assert_eq!(response.headers().contains_key("www-authenticate"), status != 503);
        assert_eq!(to_bytes(response.into_body(), 1000).await.unwrap(), body);
    }
}

#[tokio::test]
async fn no_hook_turns_a_refusal_into_a_success_or_breaks_the_response() {
    let success = |_: &RejectedRequest, answer: RejectionAnswer| {
        let answer = answer.with_header("X-Bad", "two\r\nlines").with_header("no name", "x");
        RejectionAnswer { status: 200, ..answer }
    };
    let app = app(authenticator().0.with_answer(success));
    for path in ["/layer", "/extractor"] {
        let response = app.clone().oneshot(request(path, None)).await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{path}");
        assert!(!response.headers().contains_key("x-bad"));
    }
}
