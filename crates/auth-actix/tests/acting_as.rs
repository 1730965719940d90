//! Handlers are tested without tokens (feature `test-support`).

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use auth_actix::{AuthRejection, Authenticated, Authenticator, ExpiryNotice, RequireAuth};
use auth_core::testing::{ManualClock, acting_as};
use auth_core::{Clock, Subject, Timestamp};

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

#[actix_web::test]
async fn who_has_a_token_that_expires_soon_learns_when() {
    let clock = Arc::new(ManualClock::new());
    let notice = ExpiryNotice::with_clock(Duration::from_secs(60), clock.clone());
    let header_with = async |expires_at: Timestamp| {
        let stand_in = acting_as(Subject(7), ["games.read"]).expires_at(expires_at);
        let guard = RequireAuth::new(stand_in.into()).expiry_notice(notice.clone());
        let guarded = web::scope("").wrap(guard).route("/games", web::get().to(games));
        let app = init_service(App::new().service(guarded)).await;
        let request = TestRequest::get().uri("/games").to_request();
        let response = call_service(&app, request).await;
        let header = response.headers().get(ExpiryNotice::TOKEN_EXPIRES_AT);
        header.map(|value| value.to_str().expect("text").to_owned())
    };
    let soon = clock.now().plus(Duration::from_secs(60));
    assert_eq!(header_with(soon).await, Some((soon.as_millis() / 1000).to_string()));
    assert_eq!(header_with(soon.plus(Duration::from_millis(1))).await, None);
}
