//! mechanics: `POST /api/v2/mechanics/tokens` turns a workshop's e-mail and password into a short-lived JWT and a
//! refresh token.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::Carriers;
use auth_core::{Attributes, Grant, Lifetime, SignedIn, Subject, SubjectClaim, TokenService};
use dialects::mechanics::{Mechanics, TokenRequest, TokenResponse, WorkshopUser};
use dialects::{Answer, Endpoint, RequestRejection};
use serde_json::json;

use crate::extension::{
    BadSetting, DemoData, DemoPerson, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise, Sample,
    Settings, TokenProfile,
};
use crate::http::{Body, HandlerError, Routes, endpoint, respond};
use crate::parts::{FlavourParts, People};

/// All that the dialect prints about an account.
const WORKSHOP: &str =
    r#"{"name":"Workshop Name","countryId":1,"locale":"da","vatFactor":0.25,"requireAutomaticPayment":true}"#;

/// The mechanics dialect. It has no settings of its own.
#[derive(Debug, Clone, Copy)]
pub struct MechanicsDialect;

impl Dialect for MechanicsDialect {
    fn name(&self) -> &'static str {
        "mechanics"
    }

    fn defaults(&self) -> FlavourDefaults {
        FlavourDefaults {
            strategy: "jwt",
            path: Mechanics::DEFAULT_PATH,
            realm: FlavourRealm::Accounts("workshops"),
            lifetime: Lifetime::Limited(Duration::from_secs(900)),
        }
    }

    fn configure(&self, _: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting> {
        Ok(Arc::new(*self))
    }

    fn demo_data(&self) -> DemoData {
        DemoData {
            people: vec![DemoPerson {
                subject: Some(281_950),
                attributes: json!({
                    "name": "Workshop Name",
                    "countryId": 1,
                    "locale": "da",
                    "vatFactor": 0.25,
                    "requireAutomaticPayment": true,
                }),
                ..DemoPerson::new("workshops", "workshop@email.dk", "qwerty")
                    .with_hash("$2b$12$9IaV.DoGiWF/jNcVosi4k.cDKAoi3VilhvT3BlOghgOv.Kaclze0q")
            }],
            ..DemoData::default()
        }
    }
}

impl FlavourDialect for MechanicsDialect {
    fn carriers(&self) -> Carriers {
        Carriers {
            bearer: true,
            bare: true,
            ..Carriers::default()
        }
    }

    fn token_profile(&self) -> TokenProfile {
        TokenProfile {
            subject: SubjectClaim::UserId,
            ..TokenProfile::default()
        }
    }

    fn promises(&self) -> &'static [Promise] {
        const {
            &[
                Promise::new(
                    |can| can.expires,
                    "the mechanics dialect promises a token that expires; give it a lifetime",
                ),
                Promise::new(
                    |can| can.recorded,
                    "the mechanics dialect promises a refresh token, for which sessions must be recorded",
                ),
                Promise::new(
                    |can| can.revocable,
                    "the mechanics dialect promises that reuse ends a session, which needs revocation",
                ),
            ]
        }
    }

    fn refreshes(&self) -> bool {
        true
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        Mechanics::ENDPOINTS
    }

    fn sample(&self) -> Sample {
        Sample::json(
            r#"{"email":"workshop@email.dk","password":"qwerty"}"#,
            r#"{"email":"EMAIL","password":"PASSWORD"}"#,
        )
    }

    fn check_attributes(&self, attributes: &Attributes) -> Result<(), String> {
        let Err(error) = WorkshopUser::from_attributes(attributes) else {
            return Ok(());
        };
        let missing = missing(attributes);
        let wrong = match missing.is_empty() {
            true => error.to_string(),
            false => format!("there is no {}", missing.join(", no ")),
        };
        Err(format!("{wrong}; the mechanics dialect prints all of {WORKSHOP}"))
    }

    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes> {
        let people = parts.people()?;
        let flavour = Arc::new(Flavour {
            dialect: Arc::new(Mechanics::new(people.realm().as_str())),
            people,
            tokens: parts.tokens,
        });
        let path = parts.path;
        let operations = flavour.dialect.operations(self.sample().demo);
        let routes = Routes::new(move |config| {
            let resource = endpoint(Mechanics::TOKENS, &path, &flavour, flavour.dialect.clone());
            config.service(resource.route(web::post().to(tokens)));
        });
        Ok(routes.describing(operations))
    }
}

/// One mounted flavour.
#[derive(Debug)]
struct Flavour {
    dialect: Arc<Mechanics>,
    people: People,
    tokens: TokenService,
}

async fn tokens(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.people.server().body_timeout).await?;
    match TokenRequest::decode(&body.payload())? {
        TokenRequest::Password { email, password } => {
            let account = flavour.people.sign_in(request, &email, &password).await?;
            let scopes = flavour.people.scopes(&account).await?;
            let user = WorkshopUser::from_attributes(&account.attributes)?;
            let grant = Grant::new(account.subject, account.generation, account.realm, scopes);
            answer(flavour.tokens.sign_in(grant).await?, &user)
        }
        TokenRequest::Refresh { refresh_token } => {
            let signed_in = flavour
                .people
                .server()
                .refresh(request, &flavour.tokens, &refresh_token)
                .await?;
            let user = user_of(flavour, signed_in.session.subject).await?;
            answer(signed_in, &user)
        }
    }
}

async fn user_of(flavour: &Flavour, subject: Subject) -> Result<WorkshopUser, HandlerError> {
    let accounts = &flavour.people.server().stores.accounts;
    let account = accounts.find(subject).await?;
    let account = account.ok_or(RequestRejection::WrongCredentials)?;
    Ok(WorkshopUser::from_attributes(&account.attributes)?)
}

fn answer(signed_in: SignedIn, user: &WorkshopUser) -> Result<Answer, HandlerError> {
    let refresh = signed_in.refresh.ok_or(RequestRejection::Internal)?;
    let response = TokenResponse::new(signed_in.token.plain.expose(), refresh.expose(), user);
    Ok(response.answer())
}

fn missing(attributes: &Attributes) -> Vec<String> {
    let needed: Attributes = serde_json::from_str(WORKSHOP).unwrap_or_default();
    let names = needed.into_iter().map(|(name, _)| name);
    names.filter(|name| !attributes.contains_key(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_attributes_is_complete_and_has_nothing_to_spare() {
        let whole: Attributes = serde_json::from_str(WORKSHOP).unwrap();
        assert_eq!(MechanicsDialect.check_attributes(&whole), Ok(()));
        for name in whole.keys() {
            let mut lacking = whole.clone();
            lacking.remove(name);
            let error = MechanicsDialect.check_attributes(&lacking).unwrap_err();
            assert!(error.starts_with(&format!("there is no {name};")), "{error}");
        }
    }
}
