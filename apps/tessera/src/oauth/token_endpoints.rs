//! What `/oauth/introspect` and `/oauth/revoke` have in common: who may ask, and about which tokens.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::{self, Data, ServiceConfig};
use auth_core::{PresentedToken, TokenService, Verifier};
use consumer_auth::{ResourceServer, ResourceServerAuthenticator};
use dialects::Endpoint;
use dialects::oauth::{BasicCredentials, OauthErrors, TokenParameter};
use secrecy::ExposeSecret;

use super::{introspect, revoke};
use crate::http::{Body, FixedRoute, HandlerError, Routes, authorization, endpoint};
use crate::parts::ServerParts;

/// Where both are mounted.
const MOUNTED: &str = "/oauth";

const INTROSPECT: Endpoint = Endpoint::post("/introspect");
const REVOKE: Endpoint = Endpoint::post("/revoke");

/// The realm in the challenge.
const REALM: &str = "resource servers";

/// One flavour, as resource servers ask about it.
#[derive(Debug)]
pub(crate) struct AskedFlavour {
    pub(crate) name: String,
    pub(crate) verifier: Arc<dyn Verifier>,
    /// Its tokens, without the keys that some are bound to: a token that was found somewhere is revoked without its key.
    pub(crate) tokens: TokenService,
    /// Whether its tokens are presented as bearer tokens.
    pub(crate) is_bearer: bool,
}

/// The endpoints of resource servers.
#[derive(Debug)]
pub(crate) struct TokenEndpoints {
    pub(super) issuer: Option<String>,
    pub(super) errors: Arc<OauthErrors>,
    flavours: Vec<AskedFlavour>,
    callers: Arc<ResourceServerAuthenticator>,
    server: Arc<ServerParts>,
}

/// A request of a resource server that has shown its secret.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) caller: Arc<ResourceServer>,
    about: TokenParameter,
    source: IpAddr,
}

impl TokenEndpoints {
    pub(crate) fn new(
        flavours: Vec<AskedFlavour>,
        callers: Arc<ResourceServerAuthenticator>,
        server: Arc<ServerParts>,
        issuer: Option<String>,
    ) -> Self {
        Self {
            errors: Arc::new(OauthErrors::new(REALM)),
            issuer,
            flavours,
            callers,
            server,
        }
    }

    /// The paths that they answer.
    pub(crate) fn paths() -> [String; 2] {
        [INTROSPECT, REVOKE].map(|endpoint| endpoint.path(MOUNTED))
    }

    /// The two routes, with their descriptions.
    pub(crate) fn routes(self: Arc<Self>) -> [FixedRoute; 2] {
        let (asking, revoking) = (self.clone(), self.clone());
        let asked = move |config: &mut ServiceConfig| {
            let resource = endpoint(INTROSPECT, MOUNTED, &asking, asking.errors.clone());
            config.service(resource.route(web::post().to(introspect::introspect)));
        };
        let revoked = move |config: &mut ServiceConfig| {
            let resource = endpoint(REVOKE, MOUNTED, &revoking, revoking.errors.clone());
            config.service(resource.route(web::post().to(revoke::revoke)));
        };
        let [introspect, revoke] = Self::paths();
        [
            FixedRoute::new(introspect, &["POST"], self.errors.introspection(), Routes::new(asked)),
            FixedRoute::new(revoke, &["POST"], self.errors.revocation(), Routes::new(revoked)),
        ]
    }

    /// Reads a request, and checks who it comes from before what it asks.
    pub(super) async fn asked(&self, request: &HttpRequest, payload: web::Payload) -> Result<Asked, HandlerError> {
        let body = Body::read(request, payload, self.server.body_timeout).await?;
        let mut form = body.payload().urlencoded_fields()?;
        let client = BasicCredentials::take(authorization(request)?, &mut form)?;
        let source = self.server.proxies.source(request);
        let caller = self.callers.authenticate(&client.id, &client.secret, source).await?;
        let about = TokenParameter::take(&mut form)?;
        Ok(Asked { caller, about, source })
    }

    /// The flavours in the caller's audience.
    pub(super) fn flavours(&self, caller: &ResourceServer) -> impl Iterator<Item = &AskedFlavour> {
        let is_asked = move |flavour: &&AskedFlavour| caller.audience.has(&flavour.name);
        self.flavours.iter().filter(is_asked)
    }
}

impl Asked {
    /// The token. Unknown ones are counted against the client that the resource server names, or against the resource
    /// server itself.
    pub(super) fn presented(&self) -> PresentedToken<'_> {
        PresentedToken {
            text: self.about.token.expose_secret(),
            key: self.about.key.as_ref().map(|key| key.expose_secret()),
            source: Some(self.about.client_ip.unwrap_or(self.source)),
        }
    }
}

/// The state of the handlers.
pub(super) type Endpoints = Data<TokenEndpoints>;
