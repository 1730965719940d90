//! A service's own error bodies, and the headers that middleware adds to refusals.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/fixed.rs"]
mod support;

use actix_cors::Cors;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, web};
use auth_actix::{Authenticated, Authenticator, RejectedRequest, RejectionAnswer, RejectionKind, RequireAuth};

use support::{authenticator, header, request};

async fn name(caller: Authenticated) -> String {
    caller.token().subject().to_string()
}

/// Two routes: one guarded by the middleware, one by the extractor; and CORS around both.
fn app(
    authenticator: Authenticator,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = Cors::default()
        .allowed_origin("https://app.example")
        .allowed_methods(["GET"])
        .allowed_headers(["authorization"]);
    App::new()
        .app_data(web::Data::new(authenticator.clone()))
        .service(
            web::resource("/middleware")
                .wrap(RequireAuth::new(authenticator).all_of(["write"]))
                .to(name),
        )
        .route("/extractor", web::get().to(name))
        .wrap(cors)
}

#[actix_web::test]
async fn a_refusal_carries_the_cors_headers() {
    let app = init_service(app(authenticator().0)).await;
    for (path, token, status) in [
        ("/middleware", None, 401),
        ("/middleware", Some("forged"), 401),
        ("/middleware", Some("reader"), 403),
        ("/middleware", Some("broken"), 503),
        ("/extractor", None, 401),
        ("/extractor", Some("broken"), 503),
    ] {
        let request = request(path, token).insert_header(("Origin", "https://app.example"));
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let allowed = header(response.headers(), "access-control-allow-origin");
        assert_eq!(allowed, "https://app.example", "{path} {token:?}");
        let challenged = response.headers().contains_key("www-authenticate");
        assert_eq!(challenged, status < 500, "{path} {token:?}");
    }
}

#[actix_web::test]
async fn a_preflight_needs_no_token() {
    let app = init_service(app(authenticator().0)).await;
    for path in ["/middleware", "/extractor"] {
        let preflight = TestRequest::with_uri(path)
            .method(Method::OPTIONS)
            .insert_header(("Origin", "https://app.example"))
            .insert_header(("Access-Control-Request-Method", "GET"))
            .insert_header(("Access-Control-Request-Headers", "authorization"));
        let response = call_service(&app, preflight.to_request()).await;
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

#[actix_web::test]
async fn a_service_answers_refusals_in_its_own_shape() {
    let app = init_service(app(authenticator().0.with_answer(own_shape))).await;
    for (path, token, status, body) in [
        ("/middleware", None, 401, r#"{"kind":"absent"}"#),
        ("/extractor", Some("forged"), 401, r#"{"kind":"invalid"}"#),
        ("/middleware", Some("reader"), 404, r#"{"kind":"scope"}"#),
        ("/extractor", Some("broken"), 503, r#"{"kind":"unavailable"}"#),
    ] {
        let response = call_service(&app, request(path, token).to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(header(response.headers(), "content-type"), "application/problem+json");
        assert_eq!(header(response.headers(), "x-service"), "games");
        assert_eq!(response.headers().contains_key("www-authenticate"), status != 503);
        assert_eq!(read_body(response).await, body);
    }
}

#[actix_web::test]
async fn no_hook_turns_a_refusal_into_a_success_or_breaks_the_response() {
    let success = |_: &RejectedRequest, answer: RejectionAnswer| {
        let answer = answer.with_header("X-Bad", "two\r\nlines").with_header("no name", "x");
        RejectionAnswer { status: 200, ..answer }
    };
    let app = init_service(app(authenticator().0.with_answer(success))).await;
    for path in ["/middleware", "/extractor"] {
        let response = call_service(&app, request(path, None).to_request()).await;
        assert_eq!(response.status().as_u16(), 401, "{path}");
        assert!(!response.headers().contains_key("x-bad"));
    }
}
