//! Whatever goes wrong inside, the client learns a status and a challenge.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use std::sync::Arc;

use actix_web::http::header;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use async_trait::async_trait;
use auth_actix::{AuthRejection, AuthScheme, Authenticated, Authenticator, Carriers, Head, RejectionKind};
use auth_core::{
    Capabilities, Generation, PresentedToken, Realm, Rejection, Scopes, SessionRef, StoreError, Subject, TokenId,
    VerifiedParts, VerifiedToken, Verifier, VerifyError,
};

/// Knows the tokens `good` and `broken`.
#[derive(Debug)]
struct Fixed;

#[async_trait]
impl Verifier for Fixed {
    fn flavour(&self) -> &str {
        "fixed"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        match presented.text {
            "good" => Ok(token()),
            "broken" => Err(StoreError::Unavailable("connection to 10.1.2.3 refused".into()).into()),
            _ => Err(Rejection::BadSignature.into()),
        }
    }
}

fn token() -> VerifiedToken {
    VerifiedToken::dangerous_from_verifier(VerifiedParts {
        id: TokenId(1),
        session: SessionRef {
            id: TokenId(1),
            generation: Generation(0),
            subject: Subject(7),
        },
        flavour: "fixed".into(),
        realm: Realm::parse("test").unwrap(),
        scopes: Scopes::parse_list("read").unwrap(),
        issued_at: None,
        expires_at: None,
    })
}

async fn read(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("read")?;
    Ok(HttpResponse::Ok().finish())
}

async fn write(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("write")?;
    Ok(HttpResponse::Ok().finish())
}

async fn answer(path: &str, bearer: Option<&str>) -> (u16, String, String) {
    let schemes = vec![AuthScheme {
        carriers: Carriers {
            bearer: true,
            ..Carriers::default()
        },
        verifier: Arc::new(Fixed),
    }];
    let app = App::new()
        .app_data(web::Data::new(Authenticator::new(schemes, "te\"st\r\n")))
        .route("/read", web::get().to(read))
        .route("/write", web::get().to(write));
    let app = init_service(app).await;
    let mut request = TestRequest::get().uri(path);
    if let Some(token) = bearer {
        request = request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
    }
    let response = call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    (status, challenge, body)
}

#[actix_web::test]
async fn a_good_token_passes() {
    assert_eq!(answer("/read", Some("good")).await.0, 200);
}

#[actix_web::test]
async fn without_a_token_the_challenge_names_no_error() {
    let (status, challenge, _) = answer("/read", None).await;
    assert_eq!((status, challenge.as_str()), (401, "Bearer realm=\"test\""));
}

#[actix_web::test]
async fn a_bad_token_is_told_nothing_but_that() {
    let (status, challenge, body) = answer("/read", Some("bad")).await;
    assert_eq!(status, 401);
    assert_eq!(challenge, "Bearer realm=\"test\", error=\"invalid_token\"");
    assert_eq!(body, r#"{"error":"unauthorized"}"#);
}

#[actix_web::test]
async fn a_missing_scope_is_403() {
    let (status, challenge, _) = answer("/write", Some("good")).await;
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

/// Answers every token with one rejection.
#[derive(Debug)]
struct Always(Rejection);

#[async_trait]
impl Verifier for Always {
    fn flavour(&self) -> &str {
        "always"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn verify(&self, _: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        Err(self.0.into())
    }
}

/// The kind of the rejection, and the scheme that made it, where the schemes reject with these reasons.
async fn judged<const N: usize>(reasons: [Rejection; N]) -> (RejectionKind, Option<usize>) {
    let scheme = |reason| AuthScheme {
        carriers: Carriers::BEARER,
        verifier: Arc::new(Always(reason)) as Arc<dyn Verifier>,
    };
    let authenticator = Authenticator::new(reasons.map(scheme).into(), "test");
    let request = TestRequest::get().insert_header((header::AUTHORIZATION, "Bearer x"));
    let rejection = authenticator
        .authenticate(Head::of(&request.to_http_request()))
        .await
        .unwrap_err();
    (rejection.kind().clone(), rejection.scheme())
}

#[actix_web::test]
async fn the_scheme_whose_token_it_is_says_why() {
    use Rejection::{BadSignature, Expired, Malformed, Revoked, Unknown, UnknownKey, WrongFlavour};
    let invalid = RejectionKind::Invalid;
    assert_eq!(judged([Expired]).await, (invalid(Expired), Some(0)));
    assert_eq!(judged([Malformed, Revoked]).await, (invalid(Revoked), Some(1)));
    assert_eq!(judged([UnknownKey, Expired]).await, (invalid(Expired), Some(1)));
    assert_eq!(
        judged([WrongFlavour, BadSignature, Unknown]).await,
        (invalid(BadSignature), Some(1))
    );
    assert_eq!(judged([Unknown, Malformed]).await.1, None, "no scheme's own");
}
