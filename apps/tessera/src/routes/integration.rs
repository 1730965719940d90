//! `POST /api/v1/integration/auth/token`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Grant, Realm, Scopes, Sharing, TokenService};
use consumer_auth::{ConsumerAuthenticator, FoldedEmail, VouchRequest, Vouched};
use dialects::integration::{Client, Integration, Organization, TokenRequest};
use dialects::{Answer, RequestRejection};

use crate::http::body::Body;
use crate::http::source::Proxies;
use crate::reply::{self, HandlerError};

/// One mounted integration flavour.
#[derive(Debug)]
pub struct Flavour {
    pub path: String,
    pub dialect: Arc<Integration>,
    pub consumers: ConsumerAuthenticator,
    pub service: TokenService,
    pub proxies: Proxies,
    pub body_timeout: Duration,
}

pub fn mount(flavour: &Arc<Flavour>, config: &mut ServiceConfig) {
    let resource = super::endpoint(Integration::TOKEN, &flavour.path, flavour, flavour.dialect.clone());
    config.service(resource.route(web::post().to(token)));
}

async fn token(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    reply::respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.body_timeout).await?;
    let asked = TokenRequest::decode(&body.payload())?;
    let email = FoldedEmail::parse(&asked.email).ok_or(RequestRejection::Malformed)?;
    let vouching = VouchRequest {
        key: &asked.consumer.key,
        token: &asked.consumer.token,
        organisation: asked.organization_id,
        email: &email,
        name: &asked.name,
        source: flavour.proxies.source(request),
    };
    let Vouched { client, organisation } = flavour.consumers.vouch(&vouching).await?;
    let realm = Realm::of_organisation(organisation.id);
    let mut grant = Grant::new(client.subject, client.generation, realm, Scopes::none());
    grant.sharing = Sharing::Shared;
    let token = flavour.service.sign_in(grant).await?.token;
    let client = Client {
        id: client.subject.0,
        name: &client.name,
        email: &client.email,
        created_at_ms: client.created_at.as_millis(),
    };
    let organization = Organization {
        id: organisation.id,
        name: &organisation.name,
        subdomain: &organisation.subdomain,
        timezone_offset: organisation.utc_offset_seconds.into(),
    };
    let response = flavour.dialect.response(token.plain.expose(), &client, &organization)?;
    Ok(response.answer())
}

/// The picture of everybody: one grey pixel (GIF89a), made here.
pub async fn avatar() -> HttpResponse {
    const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xcc\xcc\xcc\x00\x00\x00\
        ,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    HttpResponse::Ok()
        .content_type("image/gif")
        .insert_header(("Cache-Control", "public, max-age=86400"))
        .body(PIXEL)
}
