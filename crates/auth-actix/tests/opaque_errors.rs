//! Whatever goes wrong inside, the client learns a status and a challenge.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/fixed.rs"]
mod support;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use auth_actix::{AuthRejection, Authenticated};

use support::{authenticator, header, request};

async fn read(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("read")?;
    Ok(HttpResponse::Ok().finish())
}

async fn write(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("write")?;
    Ok(HttpResponse::Ok().finish())
}

async fn answer(path: &str, token: Option<&str>) -> (u16, String, String) {
    let app = App::new()
        .app_data(web::Data::new(authenticator().0))
        .route("/read", web::get().to(read))
        .route("/write", web::get().to(write));
    let response = call_service(&init_service(app).await, request(path, token).to_request()).await;
    let (status, challenge) = (
        response.status().as_u16(),
        header(response.headers(), "www-authenticate"),
    );
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    (status, challenge, body)
}

#[actix_web::test]
async fn a_good_token_passes() {
    assert_eq!(answer("/read", Some("reader")).await.0, 200);
}

#[actix_web::test]
async fn without_a_token_the_challenge_names_no_error() {
    let (status, challenge, _) = answer("/read", None).await;
    assert_eq!((status, challenge.as_str()), (401, "Bearer realm=\"test\""));
}

#[actix_web::test]
async fn the_answer_to_a_bad_token_says_that_alone() {
    let (status, challenge, body) = answer("/read", Some("forged")).await;
    assert_eq!(status, 401);
    assert_eq!(challenge, "Bearer realm=\"test\", error=\"invalid_token\"");
    assert_eq!(body, r#"{"error":"unauthorized"}"#);
}

#[actix_web::test]
async fn a_missing_scope_is_403() {
    let (status, challenge, _) = answer("/write", Some("reader")).await;
    assert_eq!(status, 403);
    assert!(
        challenge.ends_with("error=\"insufficient_scope\", scope=\"write\""),
        "{challenge}"
    );
}

#[actix_web::test]
async fn store_trouble_is_503_and_says_nothing() {
    let (status, challenge, body) = answer("/read", Some("broken")).await;
    assert_eq!((status, challenge.as_str()), (503, ""));
    assert_eq!(body, r#"{"error":"unavailable"}"#);
}

/// A mistake of the application's author: the log says which, the client only that it cannot be served.
#[actix_web::test]
async fn without_an_authenticator_every_request_is_503_and_the_log_names_the_mistake() {
    let app = init_service(App::new().route("/read", web::get().to(read))).await;
    let response = call_service(&app, TestRequest::get().uri("/read").to_request()).await;
    assert_eq!(response.status().as_u16(), 503);
    let rejection = response
        .response()
        .error()
        .unwrap()
        .as_error::<AuthRejection>()
        .unwrap();
    assert_eq!(rejection.reason(), "no Authenticator in the application's data");
}
