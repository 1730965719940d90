//! `POST /api/v2/mechanics/tokens`.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Grant, SignedIn, Subject, TokenService};
use dialects::mechanics::{Mechanics, TokenRequest, TokenResponse, WorkshopUser};
use dialects::{Answer, RequestRejection};
use secrecy::ExposeSecret;

use crate::app::People;
use crate::http::body::Body;
use crate::reply::{self, HandlerError};

/// One mounted mechanics flavour.
#[derive(Debug)]
pub struct Flavour {
    pub path: String,
    pub dialect: Arc<Mechanics>,
    pub people: People,
    pub service: TokenService,
}

pub fn mount(flavour: &Arc<Flavour>, config: &mut ServiceConfig) {
    let resource = super::endpoint(Mechanics::TOKENS, &flavour.path, flavour, flavour.dialect.clone());
    config.service(resource.route(web::post().to(tokens)));
}

async fn tokens(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.body_timeout).await?;
    match TokenRequest::decode(&body.payload())? {
        TokenRequest::Password { email, password } => {
            let account = flavour.people.sign_in(request, &email, &password).await?;
            let scopes = flavour.people.scopes(&account).await?;
            let user = WorkshopUser::from_attributes(&account.attributes)?;
            let grant = Grant::new(account.subject, account.generation, account.realm, scopes);
            answer(flavour.service.sign_in(grant).await?, &user)
        }
        TokenRequest::Refresh { refresh_token } => {
            let signed_in = flavour.service.refresh(refresh_token.expose_secret()).await?;
            let user = user_of(flavour, signed_in.session.subject).await?;
            answer(signed_in, &user)
        }
    }
}

async fn user_of(flavour: &Flavour, subject: Subject) -> Result<WorkshopUser, HandlerError> {
    let account = flavour
        .people
        .accounts
        .find(subject)
        .await?
        .ok_or(RequestRejection::WrongCredentials)?;
    Ok(WorkshopUser::from_attributes(&account.attributes)?)
}

fn answer(signed_in: SignedIn, user: &WorkshopUser) -> Result<Answer, HandlerError> {
    let refresh = signed_in.refresh.ok_or(RequestRejection::Internal)?;
    let response = TokenResponse::new(signed_in.token.plain.expose(), refresh.expose(), user);
    Ok(response.answer())
}
