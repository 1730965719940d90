//! OAuth 2.0 client credentials (RFC 6749 section 4.4) as a dialect of Tessera: `POST /oauth/token` turns a client's name
//! and secret into a short token and a refresh token.
//!
//! Everything comes from Tessera's public API: the throttled check of a secret, the queue of the password threads, refresh
//! with rotation, revocation on every node, forward authentication.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::Carriers;
use auth_core::{Lifetime, RefreshError, SignedIn, TokenService};
use dialects::{Answer, Endpoint, RequestRejection};
use secrecy::ExposeSecret;
use tessera::extension::{
    BadSetting, DemoData, DemoPerson, DemoRole, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise,
    Sample, Settings,
};
use tessera::http::{Body, HandlerError, Routes, authorization, endpoint, respond};
use tessera::{FlavourParts, People};

use wire::{Grant, INVALID_GRANT, OauthRejections, TokenRequest, TokenResponse};

const TOKEN: Endpoint = Endpoint::post("/token");

/// The dialect `client-credentials`.
#[derive(Debug, Clone, Copy)]
pub struct ClientCredentials;

impl Dialect for ClientCredentials {
    fn name(&self) -> &'static str {
        "client-credentials"
    }

    fn defaults(&self) -> FlavourDefaults {
        FlavourDefaults {
            strategy: "jwt",
            path: "/oauth",
            realm: FlavourRealm::Accounts("apps"),
            lifetime: Lifetime::Limited(Duration::from_secs(900)),
        }
    }

    fn configure(&self, _: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting> {
        Ok(Arc::new(*self))
    }

    fn demo_data(&self) -> DemoData {
        DemoData {
            roles: vec![DemoRole {
                realm: "apps",
                name: "reader",
                permissions: &["games:read", "games:list"],
            }],
            people: vec![DemoPerson::new("apps", "demo-app", "demo-app-secret").with_role("reader")],
            ..DemoData::default()
        }
    }
}

impl FlavourDialect for ClientCredentials {
    fn carriers(&self) -> Carriers {
        Carriers::BEARER
    }

    fn promises(&self) -> &'static [Promise] {
        const {
            &[
                Promise::new(
                    |can| can.expires,
                    "client credentials promise expires_in; give it a lifetime",
                ),
                Promise::new(
                    |can| can.recorded,
                    "client credentials promise a refresh token, for which sessions must be recorded",
                ),
                Promise::new(
                    |can| can.revocable,
                    "client credentials promise that reuse of a refresh token revokes the session",
                ),
            ]
        }
    }

    fn refreshes(&self) -> bool {
        true
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        &[TOKEN]
    }

    fn sample(&self) -> Sample {
        Sample::form(
            "grant_type=client_credentials&client_id=demo-app&client_secret=demo-app-secret",
            "grant_type=client_credentials&client_id=ID&client_secret=SECRET",
        )
    }

    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes> {
        let people = parts.people()?;
        let flavour = Arc::new(Flavour {
            rejections: Arc::new(OauthRejections::new(people.realm().as_str())),
            people,
            tokens: parts.tokens,
        });
        let path = parts.path;
        let operation = flavour.rejections.operation();
        let routes = Routes::new(move |config| {
            let resource = endpoint(TOKEN, &path, &flavour, flavour.rejections.clone());
            config.service(resource.route(web::post().to(token)));
        });
        Ok(routes.describing([(TOKEN, operation)]))
    }
}

/// One mounted flavour.
struct Flavour {
    rejections: Arc<OauthRejections>,
    people: People,
    tokens: TokenService,
}

async fn token(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    respond(&*flavour.rejections, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.server().body_timeout).await?;
    let asked = TokenRequest::decode(&body.payload(), authorization(request)?)?;
    let client = &asked.client;
    let account = flavour.people.sign_in(request, &client.id, &client.secret).await?;
    let signed_in = match asked.grant {
        Grant::ClientCredentials => {
            let scopes = flavour.people.scopes(&account).await?;
            let grant = auth_core::Grant::new(account.subject, account.generation, account.realm, scopes);
            flavour.tokens.sign_in(grant).await?
        }
        Grant::RefreshToken(token) => {
            let refreshed = flavour.tokens.refresh_of(account.subject, token.expose_secret()).await;
            refreshed.map_err(refused)?
        }
    };
    let SignedIn {
        token, refresh, scopes, ..
    } = signed_in;
    let (refresh, end) = refresh.zip(token.expires_at).ok_or(RequestRejection::Internal)?;
    let seconds = end.since(token.issued_at).as_secs();
    let scope = scopes.to_string();
    let response = TokenResponse::new(token.plain.expose(), seconds, refresh.expose(), &scope);
    Ok(response.answer())
}

fn refused(error: RefreshError) -> HandlerError {
    match error {
        RefreshError::Unavailable(_) => error.into(),
        _ => INVALID_GRANT.into(),
    }
}
