//! device: `POST /api/tokens/create` turns a player's login and device name into a token with permissions that is valid
//! until it is revoked; `POST /api/tokens/revoke` revokes it.

mod token_limit;

use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::{Carriers, Credential};
use auth_core::{Grant, Lifetime, Scope, TokenService};
use dialects::device::{Device, TokenRequest, TokenResponse, revoke_answer};
use dialects::{Answer, Endpoint};

use crate::extension::{
    BadSetting, DemoData, DemoPerson, DemoRole, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise,
    Sample, Settings,
};
use crate::http::{Body, HandlerError, Routes, endpoint, presented, respond};
use crate::parts::{FlavourParts, People};

use token_limit::TokenLimit;

/// The permissions of the demo's role, in the order of the document.
const JUGADOR: &[&str] = &[
    "consultarTitulo",
    "registrarJuego",
    "consultarJuego",
    "editarJuego",
    "eliminarJuego",
    "registrarOferta",
    "consultarOferta",
    "editarOferta",
    "eliminarOferta",
    "consultarUsuario",
];

/// How many tokens a person may hold, if the settings do not say.
const MOST_TOKENS: usize = 1000;

/// The device dialect. Its setting: `max_tokens`.
#[derive(Debug, Clone, Copy)]
pub struct DeviceDialect;

impl Dialect for DeviceDialect {
    fn name(&self) -> &'static str {
        "device"
    }

    fn defaults(&self) -> FlavourDefaults {
        FlavourDefaults {
            strategy: "opaque",
            path: Device::DEFAULT_PATH,
            realm: FlavourRealm::Accounts("players"),
            lifetime: Lifetime::UntilRevoked,
        }
    }

    fn configure(&self, settings: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting> {
        let allowed = "allowed is 1 to 100000";
        let max_tokens = settings.take("max_tokens", allowed)?.unwrap_or(MOST_TOKENS);
        match (1..=100_000).contains(&max_tokens) {
            true => Ok(Arc::new(DeviceFlavour { max_tokens })),
            false => Err(settings.bad("max_tokens", max_tokens, allowed)),
        }
    }

    fn demo_data(&self) -> DemoData {
        DemoData {
            roles: vec![DemoRole {
                realm: "players",
                name: "jugador",
                permissions: JUGADOR,
            }],
            people: vec![DemoPerson {
                alias: Some("gmachia"),
                ..DemoPerson::new("players", "gmachia@gmail.com", "9yUQc%ewEf^(Tw4")
                    .with_role("jugador")
                    .with_hash("$2b$12$WgoKhjuOpHJPOa0HkgaUvel4ZbIH6IlYeolzB4rbHKq1NVW7cmd62")
            }],
            ..DemoData::default()
        }
    }
}

/// The device dialect with its settings.
#[derive(Debug)]
struct DeviceFlavour {
    /// How many tokens a person may hold.
    max_tokens: usize,
}

impl FlavourDialect for DeviceFlavour {
    fn carriers(&self) -> Carriers {
        Carriers::BEARER
    }

    fn promises(&self) -> &'static [Promise] {
        const {
            &[
                Promise::new(
                    |can| can.revocable,
                    "the device dialect promises tokens that can be revoked, and these cannot",
                ),
                Promise::new(
                    |can| can.current_rights,
                    "the device dialect promises that a token loses a permission with its owner, and these keep theirs",
                ),
            ]
        }
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        Device::ENDPOINTS
    }

    fn sample(&self) -> Sample {
        Sample::json(
            r#"{"email_or_username":"gmachia@gmail.com","password":"9yUQc%ewEf^(Tw4","device_name":"iPhone 4s"}"#,
            r#"{"email_or_username":"EMAIL","password":"PASSWORD","device_name":"DEVICE"}"#,
        )
    }

    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes> {
        let people = parts.people()?;
        let limit = TokenLimit {
            most: self.max_tokens,
            flavour: parts.name,
            store: parts.server.stores.token_admin.clone(),
            clock: parts.server.clock.clone(),
        };
        let flavour = Arc::new(Flavour {
            limit,
            dialect: Arc::new(Device::new(people.realm().as_str())),
            people,
            tokens: parts.tokens,
        });
        let path = parts.path;
        let operations = flavour.dialect.operations(self.sample().demo);
        let routes = Routes::new(move |config| {
            let resource = |at| endpoint(at, &path, &flavour, flavour.dialect.clone());
            config.service(resource(Device::CREATE).route(web::post().to(create)));
            config.service(resource(Device::REVOKE).route(web::post().to(revoke)));
        });
        Ok(routes.describing(operations))
    }
}

/// One mounted flavour.
#[derive(Debug)]
struct Flavour {
    dialect: Arc<Device>,
    people: People,
    tokens: TokenService,
    limit: TokenLimit,
}

async fn create(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    respond(&*flavour.dialect, outcome)
}

async fn revoke(flavour: Data<Flavour>, request: HttpRequest) -> HttpResponse {
    let outcome = end(&flavour, &request).await;
    respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.server().body_timeout).await?;
    let TokenRequest {
        email_or_username,
        password,
        device_name,
    } = TokenRequest::decode(&body.payload())?;
    let account = flavour.people.sign_in(request, &email_or_username, &password).await?;
    let scopes = flavour.people.scopes(&account).await?;
    let mut grant = Grant::new(account.subject, account.generation, account.realm, scopes.clone());
    grant.label = Some(device_name);
    let token = flavour.tokens.sign_in(grant).await?.token;
    let kept = flavour.limit.keep(&flavour.tokens, account.subject).await;
    if let Err(error) = kept {
        // The token is issued. The next sign-in makes up for it.
        tracing::warn!(event = "token_limit_not_kept", %error);
    }
    let response = TokenResponse::new(token.plain.expose(), scopes.iter().map(Scope::as_str));
    Ok(response.answer())
}

async fn end(flavour: &Flavour, request: &HttpRequest) -> Result<Answer, HandlerError> {
    let credential = presented(request, |credential| matches!(credential, Credential::Bearer(_)))?;
    let presented = flavour.people.server().presented(request, &credential);
    flavour.tokens.sign_out(&presented).await?;
    Ok(revoke_answer())
}
