//! `POST /leaked-tokens`: whoever has a token may report it, and it is revoked.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web;
use auth_core::{Cause, PresentedToken, Provenance, RevokeError, TokenRegistry};
use dialects::Answer;
use dialects::self_service::{SelfService, leaked_token, report_received};
use secrecy::ExposeSecret;

use super::OwnFlavour;
use crate::http::{Body, FixedRoute, HandlerError, respond};
use crate::parts::ServerParts;

/// The endpoint.
#[derive(Debug)]
pub(crate) struct LeakedTokens {
    format: SelfService,
    /// All flavours, each without the keys that some tokens are bound to.
    flavours: Vec<OwnFlavour>,
    registry: Arc<TokenRegistry>,
    server: Arc<ServerParts>,
}

impl LeakedTokens {
    pub(crate) fn new(flavours: Vec<OwnFlavour>, registry: Arc<TokenRegistry>, server: Arc<ServerParts>) -> Self {
        Self {
            format: SelfService::default(),
            flavours,
            registry,
            server,
        }
    }

    pub(crate) fn route(self: Arc<Self>) -> FixedRoute {
        let operation = self.format.leaked();
        let handler = move |request: HttpRequest, payload: web::Payload| {
            let leaked = self.clone();
            async move { respond(&leaked.format, leaked.revoke(&request, payload).await) }
        };
        FixedRoute::post(SelfService::LEAKED, handler, operation)
    }

    /// What is no active token of ours is answered in the same way. How many texts are looked up in vain is bounded by source.
    async fn revoke(&self, request: &HttpRequest, payload: web::Payload) -> Result<Answer, HandlerError> {
        let body = Body::read(request, payload, self.server.body_timeout).await?;
        let token = leaked_token(&body.payload())?;
        let source = self.server.proxies.source(request);
        let presented = PresentedToken {
            text: token.expose_secret(),
            key: None,
            source: Some(source),
        };
        for flavour in &self.flavours {
            let by = Provenance::current().because(Cause::Leaked);
            match by.scope(flavour.tokens.revoke_reported(&presented)).await {
                Ok(Some(session)) => {
                    // What was made from it, too.
                    self.registry.catch_up().await;
                    let (token, subject, flavour) = (session.id, session.subject, &*flavour.name);
                    tracing::warn!(event = "token_leaked", flavour, %token, %subject, %source);
                }
                Ok(None) => {}
                Err(RevokeError::Unsupported) => {
                    tracing::error!(
                        event = "leaked_token_not_revoked",
                        flavour = flavour.name,
                        "tokens of this flavour cannot be revoked: rotate its key (tessera key rotate --emergency)"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(report_received())
    }
}
