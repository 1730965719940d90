//! `POST /login`, `POST /logout`.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::Credential;
use auth_core::{Grant, TokenService};
use dialects::login::{Login, LoginRequest, LoginResponse, logout_answer, role_number};
use dialects::{Answer, RequestRejection};

use crate::app::People;
use crate::http::body::Body;
use crate::reply::{self, HandlerError};

/// One mounted login flavour.
#[derive(Debug)]
pub struct Flavour {
    pub path: String,
    pub dialect: Arc<Login>,
    pub people: People,
    pub service: TokenService,
}

pub fn mount(flavour: &Arc<Flavour>, config: &mut ServiceConfig) {
    let resource = |endpoint| super::endpoint(endpoint, &flavour.path, flavour, flavour.dialect.clone());
    config.service(resource(Login::LOGIN).route(web::post().to(login)));
    config.service(resource(Login::LOGOUT).route(web::post().to(logout)));
}

async fn login(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn logout(flavour: Data<Flavour>, request: HttpRequest) -> HttpResponse {
    let outcome = revoke(&flavour, &request).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.body_timeout).await?;
    let LoginRequest { username, password } = LoginRequest::decode(&body.payload())?;
    let account = flavour.people.sign_in(request, &username, &password).await?;
    let scopes = flavour.people.scopes(&account).await?;
    let grant = Grant::new(account.subject, account.generation, account.realm.clone(), scopes);
    let token = flavour.service.sign_in(grant).await?.token;
    let (key, expires) = token.key.zip(token.expires_at).ok_or(RequestRejection::Internal)?;
    let response = LoginResponse {
        key: &key.to_string(),
        username: &account.login,
        expires: expires.as_millis(),
        token: token.plain.expose().into(),
        role: role_number(account.role.as_deref()),
    };
    Ok(response.answer())
}

async fn revoke(flavour: &Flavour, request: &HttpRequest) -> Result<Answer, HandlerError> {
    let absent = RequestRejection::NotAuthenticated { token_sent: false };
    let wrong = |_| RequestRejection::NotAuthenticated { token_sent: true };
    let credential = Credential::read(request.headers()).map_err(wrong)?.ok_or(absent)?;
    let Credential::AccessToken(..) = credential else {
        return Err(RequestRejection::NotAuthenticated { token_sent: true }.into());
    };
    flavour.service.sign_out(&credential.presented()).await?;
    Ok(logout_answer())
}
