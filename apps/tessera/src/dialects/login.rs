//! login: `POST /login` turns a PBX user into key, JWT, expiry and role; `POST /logout` revokes them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::{Carriers, Credential};
use auth_core::{Grant, Lifetime, SubjectClaim, TokenService};
use dialects::login::{Login, LoginRequest, LoginResponse, logout_answer, role_number};
use dialects::{Answer, Endpoint, RequestRejection};

use crate::extension::{
    BadSetting, DemoData, DemoPerson, DemoRole, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise,
    Sample, Settings, TokenProfile,
};
use crate::http::{Body, HandlerError, Routes, endpoint, presented, respond};
use crate::parts::{FlavourParts, People};

/// The login dialect.
#[derive(Debug, Clone, Copy)]
pub struct LoginDialect;

impl Dialect for LoginDialect {
    fn name(&self) -> &'static str {
        "login"
    }

    fn defaults(&self) -> FlavourDefaults {
        FlavourDefaults {
            strategy: "jwt",
            path: Login::DEFAULT_PATH,
            realm: FlavourRealm::Accounts("pbx"),
            lifetime: Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60)),
        }
    }

    fn configure(&self, settings: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting> {
        let conceal = settings.take("conceal_unknown_users", "allowed are true and false")?;
        Ok(Arc::new(LoginFlavour {
            conceal_unknown_users: conceal.unwrap_or(false),
        }))
    }

    fn demo_data(&self) -> DemoData {
        let role = |name| DemoRole {
            realm: "pbx",
            name,
            permissions: &[],
        };
        let person = |login, role, hash| DemoPerson::new("pbx", login, "secret").with_role(role).with_hash(hash);
        DemoData {
            roles: vec![role("root"), role("admin"), role("user")],
            people: vec![
                person(
                    "100@mydomain.com",
                    "user",
                    "$2b$12$WQrz1503a.mkrpjMe5aWtelUKeL0He6P7Ysm3h0.3nHHM4lj.mmNq",
                ),
                person(
                    "admin@mydomain.com",
                    "admin",
                    "$2b$12$NZyYupNMZF2RXqhv/nqlPeC05dqAauRxMjmvmmmYaxyF7ePiSO0e.",
                ),
                person(
                    "root",
                    "root",
                    "$2b$12$PmhgKhX4MXIwoQ1ZrOqcUOXO1ankRe8ctBYaGd3xlQ9HbIb7bNw2a",
                ),
            ],
            ..DemoData::default()
        }
    }
}

/// The login dialect with its settings.
#[derive(Debug)]
struct LoginFlavour {
    /// Answer an unknown user like a wrong password. The document says 404.
    conceal_unknown_users: bool,
}

impl FlavourDialect for LoginFlavour {
    fn carriers(&self) -> Carriers {
        Carriers {
            access_token: true,
            ..Carriers::default()
        }
    }

    /// The document's token has one claim: its expiry, in milliseconds.
    fn token_profile(&self) -> TokenProfile {
        TokenProfile {
            subject: SubjectClaim::Session,
            issued_at: false,
            scope: false,
            milliseconds: true,
        }
    }

    fn promises(&self) -> &'static [Promise] {
        const {
            &[
                Promise::new(
                    |can| can.revocable,
                    "the login dialect promises a logout, and these tokens cannot be revoked",
                ),
                Promise::new(
                    |can| can.expires,
                    "the login dialect promises the time when a token expires; give it a lifetime",
                ),
            ]
        }
    }

    fn key_bound(&self) -> bool {
        true
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        Login::ENDPOINTS
    }

    fn sample(&self) -> Sample {
        Sample::json(
            r#"{"username":"100@mydomain.com","password":"secret"}"#,
            r#"{"username":"USERNAME","password":"PASSWORD"}"#,
        )
    }

    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes> {
        let people = parts.people()?;
        let flavour = Arc::new(Flavour {
            dialect: Arc::new(Login::new(people.realm().as_str(), self.conceal_unknown_users)),
            people,
            tokens: parts.tokens,
        });
        let path = parts.path;
        let operations = flavour.dialect.operations(self.sample().demo);
        let routes = Routes::new(move |config| {
            let resource = |at| endpoint(at, &path, &flavour, flavour.dialect.clone());
            config.service(resource(Login::LOGIN).route(web::post().to(login)));
            config.service(resource(Login::LOGOUT).route(web::post().to(logout)));
        });
        Ok(routes.describing(operations))
    }
}

/// One mounted flavour.
#[derive(Debug)]
struct Flavour {
    dialect: Arc<Login>,
    people: People,
    tokens: TokenService,
}

async fn login(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    respond(&*flavour.dialect, outcome)
}

async fn logout(flavour: Data<Flavour>, request: HttpRequest) -> HttpResponse {
    let outcome = revoke(&flavour, &request).await;
    respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.server().body_timeout).await?;
    let LoginRequest { username, password } = LoginRequest::decode(&body.payload())?;
    let account = flavour.people.sign_in(request, &username, &password).await?;
    let scopes = flavour.people.scopes(&account).await?;
    let grant = Grant::new(account.subject, account.generation, account.realm.clone(), scopes);
    let token = flavour.tokens.sign_in(grant).await?.token;
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
    let credential = presented(request, |credential| matches!(credential, Credential::AccessToken(..)))?;
    flavour.tokens.sign_out(&credential.presented()).await?;
    Ok(logout_answer())
}
