//! `/auth/verify`: forward authentication for nginx, Traefik, Caddy.

use std::borrow::Cow;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use auth_actix::{AuthRejection, Authenticator};
use auth_core::{Scope, VerifiedToken};
use permissions::Demand;

use crate::metrics::WorkerCounts;

/// The only parameter. It may be repeated: all permissions are needed.
const PERMISSION: &str = "permission";

/// Answers 200 with the token's identity headers, 401, 403 or 503; 400 where the token is good and the query is
/// not understood. Takes any method and does not read the body.
pub(crate) async fn verify(
    authenticator: Data<Authenticator>,
    counts: Data<WorkerCounts>,
    request: HttpRequest,
) -> Result<HttpResponse, AuthRejection> {
    let check = counts.begin_check();
    let token = match authenticator.authenticate(&request).await {
        Ok(token) => token,
        Err(rejection) => {
            check.rejected(&rejection);
            log(&rejection);
            return Err(rejection);
        }
    };
    // A misspelt parameter that is passed over would let in everybody who has a token.
    let Some(names) = demanded(request.query_string()) else {
        check.bad_query(token.flavour());
        return Ok(bad_query());
    };
    let demand = Demand::parse(names.iter().map(AsRef::as_ref));
    let met = demand.as_ref().is_ok_and(|demand| demand.is_met_by(token.scopes()));
    if !met {
        check.forbidden(token.flavour());
        log_missing(&token, demand.as_ref().ok());
        return Err(AuthRejection::scope(authenticator.challenge(), needed(demand.ok()))).inspect_err(log);
    }
    check.passed(token.flavour());
    identity_headers(&token).ok_or_else(|| AuthRejection::scope(authenticator.challenge(), String::new()))
}

fn log(rejection: &AuthRejection) {
    tracing::debug!(event = "token_refused", reason = rejection.reason());
}

/// Names the permissions that the token lacks. They are names that a permission can have; others are not logged.
fn log_missing(token: &VerifiedToken, demand: Option<&Demand>) {
    let lacking = |name: &&Scope| !token.scopes().contains(name.as_str());
    let missing = demand.map(|demand| demand.iter().filter(lacking).map(Scope::as_str).collect::<Vec<_>>());
    let missing = missing.map_or("(not the name of a permission)".into(), |names| names.join(" "));
    let (token, subject, flavour) = (token.id(), token.subject(), token.flavour());
    tracing::info!(event = "permission_missing", missing = missing.as_str(), %flavour, %token, %subject);
}

/// The value of every `permission=`, not split. `None`: there is another parameter.
fn demanded(query: &str) -> Option<Vec<Cow<'_, str>>> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .map(|(name, value)| (name == PERMISSION).then_some(value))
        .collect()
}

fn bad_query() -> HttpResponse {
    tracing::debug!(event = "token_refused", reason = "unknown query parameter");
    HttpResponse::BadRequest()
        .content_type("application/json")
        .body(r#"{"error":"the only parameter is permission"}"#)
}

fn needed(demand: Option<Demand>) -> String {
    let demand = demand.unwrap_or_default();
    demand.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The answer's headers come from the verified token alone; the request's own `X-Auth-*` headers are not read.
fn identity_headers(token: &VerifiedToken) -> Option<HttpResponse> {
    let headers = [
        ("x-auth-subject", token.subject().to_string()),
        ("x-auth-flavour", token.flavour().to_string()),
        ("x-auth-realm", token.realm().to_string()),
        ("x-auth-token-id", token.id().to_string()),
        ("x-auth-permissions", token.scopes().to_string()),
    ];
    let mut response = HttpResponse::Ok();
    response.insert_header(("Cache-Control", "no-store"));
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).ok()?;
        response.insert_header((HeaderName::from_static(name), value));
    }
    Some(response.finish())
}
