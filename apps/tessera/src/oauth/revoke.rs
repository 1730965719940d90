//! `POST /oauth/revoke` (RFC 7009).

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Provenance, RevokeError};
use dialects::oauth::revoked;
use dialects::{Answer, RequestRejection};

use super::token_endpoints::{Endpoints, TokenEndpoints};
use crate::http::{HandlerError, respond};

/// The token is active, and its kind cannot be revoked (RFC 7009 section 2.2.1).
const UNSUPPORTED: RequestRejection = RequestRejection::DialectSpecific {
    code: "unsupported_token_type",
};

pub(super) async fn revoke(endpoints: Endpoints, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = answer(&endpoints, &request, payload).await;
    respond(&*endpoints.errors, outcome)
}

/// Success for a token that is not active, too: it is what the caller wants (RFC 7009 section 2.2).
async fn answer(
    endpoints: &TokenEndpoints,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Answer, HandlerError> {
    let asked = endpoints.asked(request, payload).await?;
    let mut unavailable = None;
    for flavour in endpoints.flavours(&asked.caller) {
        let by = Provenance::current().of_service(asked.caller.id.as_str());
        match by.scope(flavour.tokens.revoke(&asked.presented())).await {
            Ok(Some(session)) => {
                let (token, subject) = (session.id, session.subject);
                let resource_server = asked.caller.id.as_str();
                tracing::info!(event = "token_revoked", flavour = flavour.name, %token, %subject, resource_server);
                return Ok(revoked());
            }
            Ok(None) => {}
            Err(RevokeError::Unsupported) => return Err(UNSUPPORTED.into()),
            Err(error) => unavailable = Some(error),
        }
    }
    unavailable.map_or_else(|| Ok(revoked()), |error| Err(error.into()))
}
