//! `POST /api/tokens/create`, `POST /api/tokens/revoke`.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::Credential;
use auth_core::{Grant, Scope, TokenService};
use dialects::device::{Device, TokenRequest, TokenResponse, revoke_answer};
use dialects::{Answer, RequestRejection};

use crate::app::People;
use crate::http::body::Body;
use crate::reply::{self, HandlerError};

/// One mounted device flavour.
#[derive(Debug)]
pub struct Flavour {
    pub path: String,
    pub dialect: Arc<Device>,
    pub people: People,
    pub service: TokenService,
}

pub fn mount(flavour: &Arc<Flavour>, config: &mut ServiceConfig) {
    let resource = |endpoint| super::endpoint(endpoint, &flavour.path, flavour, flavour.dialect.clone());
    config.service(resource(Device::CREATE).route(web::post().to(create)));
    config.service(resource(Device::REVOKE).route(web::post().to(revoke)));
}

async fn create(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn revoke(flavour: Data<Flavour>, request: HttpRequest) -> HttpResponse {
    let outcome = end(&flavour, &request).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.body_timeout).await?;
    let TokenRequest {
        email_or_username,
        password,
        device_name,
    } = TokenRequest::decode(&body.payload())?;
    let account = flavour.people.sign_in(request, &email_or_username, &password).await?;
    let scopes = flavour.people.scopes(&account).await?;
    let mut grant = Grant::new(account.subject, account.generation, account.realm, scopes.clone());
    grant.label = Some(device_name);
    let token = flavour.service.sign_in(grant).await?.token;
    let response = TokenResponse::new(token.plain.expose(), scopes.iter().map(Scope::as_str));
    Ok(response.answer())
}

async fn end(flavour: &Flavour, request: &HttpRequest) -> Result<Answer, HandlerError> {
    let absent = RequestRejection::NotAuthenticated { token_sent: false };
    let wrong = |_| RequestRejection::NotAuthenticated { token_sent: true };
    let credential = Credential::read(request.headers()).map_err(wrong)?.ok_or(absent)?;
    let Credential::Bearer(_) = credential else {
        return Err(RequestRejection::NotAuthenticated { token_sent: true }.into());
    };
    flavour.service.sign_out(&credential.presented()).await?;
    Ok(revoke_answer())
}
