//! Handlers are tested without tokens (feature `test-support`).

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use auth_actix::{AuthRejection, Authenticated, Authenticator};
use auth_core::Subject;

async fn games(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("games.read")?;
    assert_eq!(caller.token().subject(), Subject(7));
    Ok(HttpResponse::Ok().finish())
}

async fn status(authenticator: Authenticator, authorization: Option<&str>) -> StatusCode {
    let app = App::new()
        .app_data(web::Data::new(authenticator))
        .route("/games", web::get().to(games));
    let app = init_service(app).await;
    let mut request = TestRequest::get().uri("/games");
    if let Some(value) = authorization {
        request = request.insert_header(("Authorization", value));
    }
    call_service(&app, request.to_request()).await.status()
}

#[actix_web::test]
async fn every_request_is_the_subjects() {
    let authenticator = Authenticator::acting_as(Subject(7), ["games.read"]);
    for authorization in [None, Some("Bearer anything"), Some("unreadable, as a token")] {
        assert_eq!(status(authenticator.clone(), authorization).await, StatusCode::OK);
    }
}

#[actix_web::test]
async fn a_permission_that_was_not_given_is_missing() {
    let authenticator = Authenticator::acting_as(Subject(7), ["games.write"]);
    assert_eq!(status(authenticator, None).await, StatusCode::FORBIDDEN);
}
