//! integration: `POST /api/v1/integration/auth/token` finds or creates a client for a partner's consumer, and answers
//! with the client's token.

use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::Carriers;
use auth_core::{Grant, Lifetime, Realm, Scopes, Sharing, TokenService};
use consumer_auth::{ConsumerAuthenticator, FoldedEmail, Organisation, VouchRequest, Vouched};
use dialects::description::{Content, Header, Operation, Response};
use dialects::integration::{Client, Integration, Organization, TokenRequest};
use dialects::{Answer, Endpoint, RequestRejection};
use serde_json::json;

use crate::extension::{
    BadSetting, DemoConsumer, DemoData, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise, Sample,
    Settings,
};
use crate::http::{Body, FixedRoute, HandlerError, Routes, endpoint, respond};
use crate::parts::{FlavourParts, ServerParts};

/// The realm in the challenge, which has to be one for all: each client is in the realm of its organisation.
const CHALLENGE_REALM: &str = "clients";

/// How long the picture may be stored: a day.
const STORED: &str = "public, max-age=86400";

/// The integration dialect.
#[derive(Debug, Clone, Copy)]
pub struct IntegrationDialect;

impl Dialect for IntegrationDialect {
    fn name(&self) -> &'static str {
        "integration"
    }

    fn defaults(&self) -> FlavourDefaults {
        FlavourDefaults {
            strategy: "opaque",
            path: Integration::DEFAULT_PATH,
            realm: FlavourRealm::Organisations,
            lifetime: Lifetime::UntilRevoked,
        }
    }

    fn configure(&self, settings: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting> {
        Ok(Arc::new(IntegrationFlavour {
            environment: settings.take_text("environment")?,
            subdomain: settings.take_text("subdomain")?,
        }))
    }

    fn demo_data(&self) -> DemoData {
        let organisation = |id, name: &str, subdomain: &str, utc_offset_seconds| Organisation {
            id,
            name: name.into(),
            subdomain: subdomain.into(),
            utc_offset_seconds,
        };
        let consumer = |key, token, organisation| DemoConsumer {
            key,
            token,
            organisation,
        };
        DemoData {
            organisations: vec![
                organisation(171, "Ping Pong", "pingpong", -14_400),
                organisation(172, "Other", "other", 0),
            ],
            consumers: vec![
                consumer("demo-key", "demo-token-7f3c9a51", 171),
                consumer("other-key", "other-token-2b8d40e6", 172),
            ],
            ..DemoData::default()
        }
    }

    fn shared_routes(&self) -> Vec<FixedRoute> {
        let stored = Header::new(
            "Cache-Control",
            "It may be stored for a day.",
            json!({ "const": STORED }),
        );
        let picture = Response::new(200, "The picture.").content(Content::bytes("image/gif"));
        let picture = picture.header(stored);
        let operation = Operation::new("The picture of every client and organisation").responds(picture);
        vec![FixedRoute::get(Integration::AVATAR_PATH, avatar, operation)]
    }
}

/// The integration dialect with its settings.
#[derive(Debug)]
struct IntegrationFlavour {
    /// The `environment` it answers with. Default: as the document's example.
    environment: Option<String>,
    /// The top-level `subdomain` it answers with. Default: as the document's example.
    subdomain: Option<String>,
}

impl IntegrationFlavour {
    fn wire(&self, public_url: &str) -> Integration {
        let mut dialect = Integration::new(CHALLENGE_REALM, public_url);
        if let Some(subdomain) = &self.subdomain {
            dialect = dialect.with_subdomain(subdomain);
        }
        if let Some(environment) = &self.environment {
            dialect = dialect.with_environment(environment);
        }
        dialect
    }
}

impl FlavourDialect for IntegrationFlavour {
    fn carriers(&self) -> Carriers {
        Carriers {
            bearer: true,
            basic: true,
            ..Carriers::default()
        }
    }

    fn promises(&self) -> &'static [Promise] {
        const {
            &[
                Promise::new(
                    |can| can.revocable,
                    "the integration dialect promises tokens that can be revoked, and these cannot",
                ),
                Promise::new(
                    |can| can.recorded,
                    "the integration dialect promises that repeated calls share one session",
                ),
            ]
        }
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        Integration::ENDPOINTS
    }

    fn sample(&self) -> Sample {
        Sample::json(
            r#"{"email":"andrew.wiggin@letsta.lk","name":"Andrew Wiggin","consumer":{"key":"demo-key","token":"demo-token-7f3c9a51"},"organization_id":171}"#,
            r#"{"email":"EMAIL","name":"NAME","consumer":{"key":"KEY","token":"TOKEN"},"organization_id":1}"#,
        )
    }

    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes> {
        let server = parts.server;
        let consumers = server.stores.consumers.clone();
        let flavour = Arc::new(Flavour {
            dialect: Arc::new(self.wire(&server.public_url)),
            consumers: ConsumerAuthenticator::new(consumers, server.clock.clone(), server.throttle.clone())
                .with_quotas(server.quotas.clone()),
            tokens: parts.tokens,
            server,
        });
        let path = parts.path;
        let operations = flavour.dialect.operations(self.sample().demo);
        let routes = Routes::new(move |config| {
            let resource = endpoint(Integration::TOKEN, &path, &flavour, flavour.dialect.clone());
            config.service(resource.route(web::post().to(token)));
        });
        Ok(routes.describing(operations))
    }
}

/// One mounted flavour.
#[derive(Debug)]
struct Flavour {
    dialect: Arc<Integration>,
    consumers: ConsumerAuthenticator,
    tokens: TokenService,
    server: Arc<ServerParts>,
}

async fn token(flavour: Data<Flavour>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = issue(&flavour, &request, payload).await;
    respond(&*flavour.dialect, outcome)
}

async fn issue(flavour: &Flavour, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
    let body = Body::read(request, payload, flavour.server.body_timeout).await?;
    let asked = TokenRequest::decode(&body.payload())?;
    let Vouched { client, organisation } = vouch(flavour, request, &asked).await?;
    let realm = Realm::of_organisation(organisation.id);
    let mut grant = Grant::new(client.subject, client.generation, realm, Scopes::none());
    grant.sharing = Sharing::Shared;
    let token = flavour.tokens.sign_in(grant).await?.token;
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

async fn vouch(flavour: &Flavour, request: &HttpRequest, asked: &TokenRequest) -> Result<Vouched, HandlerError> {
    let email = FoldedEmail::parse(&asked.email).map_err(|_| RequestRejection::Malformed)?;
    let request = VouchRequest {
        key: &asked.consumer.key,
        token: &asked.consumer.token,
        organisation: asked.organization_id,
        email: &email,
        name: &asked.name,
        source: flavour.server.proxies.source(request),
    };
    Ok(flavour.consumers.vouch(&request).await?)
}

/// The picture of every client and organisation: one grey pixel (GIF89a), made here.
async fn avatar() -> HttpResponse {
    const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xcc\xcc\xcc\x00\x00\x00\
        ,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    HttpResponse::Ok()
        .content_type("image/gif")
        .insert_header(("Cache-Control", STORED))
        .body(PIXEL)
}
