//! What the middleware and the extractors let through.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/fixed.rs"]
mod support;

use std::sync::atomic::Ordering;

use actix_web::test::{call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use auth_actix::{AuthRejection, Authenticated, Authenticator, Claims, MaybeAuthenticated, RequireAuth};

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

async fn greeting(MaybeAuthenticated(caller): MaybeAuthenticated) -> String {
    caller.map_or("anonymous".into(), |caller| caller.token().subject().to_string())
}

async fn plan(Claims(plan): Claims<Plan>) -> String {
    format!("{} {}", plan.user_id, plan.plan)
}

async fn either(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require_any(&["read", "admin"])?;
    Ok(HttpResponse::Ok().finish())
}

async fn both(caller: Authenticated, Claims(_): Claims<Plan>) -> Result<HttpResponse, AuthRejection> {
    caller.require_all(&["read", "write"])?;
    Ok(HttpResponse::Ok().finish())
}

/// Status and body of the answer of an application with every kind of route.
async fn answer(authenticator: Authenticator, path: &str, token: Option<&str>) -> (u16, String) {
    let guard = || RequireAuth::new(authenticator.clone());
    let writers = web::resource("/write").wrap(guard().all_of(["write"])).to(open);
    let app = App::new()
        .app_data(web::Data::new(authenticator.clone()))
        .route("/open", web::get().to(open))
        .route("/greeting", web::get().to(greeting))
        .route("/plan", web::get().to(plan))
        .route("/either", web::get().to(either))
        .route("/both", web::get().to(both))
        .service(
            web::scope("/guarded")
                .wrap(guard())
                .route("/name", web::get().to(name))
                .service(writers),
        );
    let app = init_service(app).await;
    let response = call_service(&app, request(path, token).to_request()).await;
    let status = response.status().as_u16();
    (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

async fn status(path: &str, token: Option<&str>) -> u16 {
    answer(authenticator().0, path, token).await.0
}

#[actix_web::test]
async fn the_middleware_guards_every_route_in_its_scope_and_none_outside() {
    assert_eq!(status("/open", None).await, 200);
    for path in ["/guarded/name", "/guarded/write", "/guarded/no-such-route"] {
        assert_eq!(status(path, None).await, 401, "{path}");
        assert_eq!(status(path, Some("forged")).await, 401, "{path}");
        assert_eq!(status(path, Some("broken")).await, 503, "{path}");
    }
    assert_eq!(status("/guarded/name", Some("reader")).await, 200);
    assert_eq!(status("/guarded/no-such-route", Some("reader")).await, 404);
}

#[actix_web::test]
async fn a_resource_in_a_guarded_scope_may_need_more() {
    assert_eq!(status("/guarded/write", Some("reader")).await, 403);
    assert_eq!(status("/guarded/write", Some("writer")).await, 200);
}

#[actix_web::test]
async fn a_request_is_authenticated_once_however_many_ask() {
    for path in ["/guarded/write", "/guarded/name", "/both"] {
        let (authenticator, verifier) = authenticator();
        answer(authenticator, path, Some("writer")).await;
        assert_eq!(verifier.checks.load(Ordering::SeqCst), 1, "{path}");
    }
}

#[actix_web::test]
async fn the_middleware_alone_serves_the_extractors() {
    let scope = web::scope("").wrap(RequireAuth::new(authenticator().0));
    let app = init_service(App::new().service(scope.route("/", web::get().to(name)))).await;
    let response = call_service(&app, request("/", Some("reader")).to_request()).await;
    assert_eq!(read_body(response).await, "7");
}

/// An inner scope's authenticator is not satisfied by what an outer one accepts.
#[actix_web::test]
async fn a_caller_of_one_authenticator_is_none_of_another() {
    let other = Authenticator::new(Vec::new(), "other");
    let scope = web::scope("")
        .app_data(web::Data::new(other))
        .route("/", web::get().to(name));
    let app = App::new().wrap(RequireAuth::new(authenticator().0)).service(scope);
    let app = init_service(app).await;
    let response = call_service(&app, request("/", Some("reader")).to_request()).await;
    assert_eq!(response.status().as_u16(), 401);
    assert!(header(response.headers(), "www-authenticate").contains("other"));
}

#[actix_web::test]
async fn optional_means_without_a_token_and_not_with_a_bad_one() {
    let (authenticator, _) = authenticator();
    let greeting = |token| answer(authenticator.clone(), "/greeting", token);
    assert_eq!(greeting(None).await, (200, "anonymous".into()));
    assert_eq!(greeting(Some("reader")).await, (200, "7".into()));
    assert_eq!(greeting(Some("forged")).await.0, 401);
    assert_eq!(greeting(Some("broken")).await.0, 503);
}

#[actix_web::test]
async fn one_of_several_permissions_or_all_of_them() {
    assert_eq!(status("/either", Some("reader")).await, 200);
    assert_eq!(status("/either", Some("writer")).await, 403);
    assert_eq!(status("/both", Some("reader")).await, 403);
}

#[actix_web::test]
async fn claims_come_as_the_services_own_type_or_not_at_all() {
    let (authenticator, _) = authenticator();
    let plan = |token| answer(authenticator.clone(), "/plan", token);
    assert_eq!(plan(Some("reader")).await, (200, "7 gold".into()));
    assert_eq!(plan(Some("writer")).await.0, 401, "claims of another shape");
    assert_eq!(plan(Some("claimless")).await.0, 503, "a verifier that keeps none");
    assert_eq!(plan(None).await.0, 401);
}
