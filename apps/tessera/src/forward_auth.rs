//! `/auth/verify`: forward authentication for nginx, Traefik, Caddy.

mod identity_signer;
mod recent_identities;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use auth_actix::{AuthRejection, Authenticator, ExpiryNotice, Head, RejectedRequest};
use auth_core::{Scope, VerifiedToken};
use dialects::description::{Content, Credentials, Header, Operation, Parameter, Response};
use permissions::Demand;
use serde_json::json;

use crate::config::ForwardAuthSettings;
use crate::http::header_values::HeaderValues;
use crate::http::{FixedRoute, described, error_schema};
use crate::metrics::WorkerCounts;

pub(crate) use identity_signer::IdentitySigner;
use recent_identities::RecentIdentities;

/// The only parameter. It may be repeated: all permissions are needed.
const PERMISSION: &str = "permission";

/// The headers of a 200, and what each says.
const IDENTITY: [(HeaderName, &str, &str); 5] = [
    (
        HeaderName::from_static("x-auth-subject"),
        "X-Auth-Subject",
        "The number of the token's owner.",
    ),
    (
        HeaderName::from_static("x-auth-flavour"),
        "X-Auth-Flavour",
        "The flavour that issued the token.",
    ),
    (
        HeaderName::from_static("x-auth-realm"),
        "X-Auth-Realm",
        "The realm of the owner.",
    ),
    (
        HeaderName::from_static("x-auth-token-id"),
        "X-Auth-Token-Id",
        "The number of the token or its session.",
    ),
    (
        HeaderName::from_static("x-auth-permissions"),
        "X-Auth-Permissions",
        "What the token permits now: names, with a space between them.",
    ),
];

/// The header of a 200 for a token that expires soon, where `forward_auth.expiry_notice` asks for it.
const EXPIRES_AT: &str = "X-Auth-Expires-At";

/// The header of a 200 that has the same, signed, where `[forward_auth.jwt]` asks for it.
const SIGNED_IDENTITY: &str = "X-Auth-Jwt";

/// The path, and its description.
pub(crate) fn route(settings: &ForwardAuthSettings) -> FixedRoute {
    const PATH: &str = "/auth/verify";
    match settings.jwt.audience {
        Some(_) => FixedRoute::any(PATH, verify_and_sign, operation(settings)),
        None => FixedRoute::any(PATH, verify, operation(settings)),
    }
}

fn operation(settings: &ForwardAuthSettings) -> Operation {
    let error = error_schema();
    let text = || json!({ "type": "string" });
    let permission = Parameter::query(
        PERMISSION,
        "A permission that the token must have. It may be repeated: all of them are needed.",
        json!({ "type": "array", "items": { "type": "string" } }),
    );
    let refusal = |status, meaning: &'static str, name, word: &str| {
        let body = json!({ "error": word }).to_string();
        Response::new(status, meaning).content(Content::new("application/json", error.clone()).example(name, body))
    };
    let identity = IDENTITY.iter().fold(
        Response::new(200, "The token is active, and permits what was asked."),
        |response, (_, name, about)| response.header(Header::new(name, *about, text())),
    );
    let signed = "The same as a JWT (RFC 7519) for services behind the proxy.";
    let signed = settings
        .jwt
        .audience
        .as_ref()
        .map(|_| Header::new(SIGNED_IDENTITY, signed, text()));
    let soon = "When the token expires, in seconds since 1970. Only of a token that expires soon.";
    let number = json!({ "type": "integer" });
    let soon = settings
        .has_expiry_notice()
        .then(|| Header::new(EXPIRES_AT, soon, number).optional());
    let identity = signed.into_iter().chain(soon).fold(identity, Response::header);
    let unauthorized = refusal(
        401,
        "There is no token, several, or one that is not active.",
        "unauthorized",
        "unauthorized",
    );
    let forbidden = refusal(403, "The token lacks one of the permissions.", "forbidden", "forbidden");
    let unavailable = refusal(
        503,
        "Whether the token is active cannot be known at the moment.",
        "unavailable",
        "unavailable",
    );
    Operation::new("Check a token")
        .about(
            "For forward authentication (nginx `auth_request`, Caddy `forward_auth`, Traefik). Any method will do; the \
             body is not read. Two credentials in one request are refused.",
        )
        .needs(Credentials::Token)
        .parameter(permission)
        .responds(identity)
        .responds(described(
            bad_query(),
            "The query has another parameter.",
            &error,
            "query",
        ))
        .responds(unauthorized.header(Header::challenge(text())))
        .responds(forbidden.header(Header::challenge(text())))
        .responds(unavailable.header(Header::retry_after().optional()))
}

/// Answers 200 with the token's identity headers, 401, 403 or 503; 400 where the token is good and the query is
/// not understood. Takes any method and does not read the body.
async fn verify(request: HttpRequest) -> HttpResponse {
    let judged = judge(&request, |_, identity| Ok(identity)).await;
    judged.unwrap_or_else(refused)
}

/// The same, with the signed identity. 503 where none can be made: a service behind could not know who calls.
async fn verify_and_sign(request: HttpRequest) -> HttpResponse {
    let sign = |token: &VerifiedToken, mut identity: HttpResponse| {
        let signed = shared::<RecentIdentities>(&request).of(token);
        let signed = signed.map_err(|reason| shared::<Authenticator>(&request).unavailable(reason))?;
        let name = HeaderName::from_static("x-auth-jwt");
        identity.headers_mut().insert(name, signed);
        Ok(identity)
    };
    let judged = judge(&request, sign).await;
    judged.unwrap_or_else(refused)
}

/// What the server shares with its handlers, borrowed: an extractor for each would be a tenth of the work of a check.
fn shared<T: 'static>(request: &HttpRequest) -> &T {
    let data = request.app_data::<Data<T>>();
    data.expect("every worker has what the server shares")
}

fn refused(rejected: RejectedRequest) -> HttpResponse {
    log(&rejected);
    answer(rejected)
}

/// A damaged record is a 500 elsewhere. Here it is one of the statuses that proxies know, without a time to try again.
fn answer(rejected: RejectedRequest) -> HttpResponse {
    let mut answer = AuthRejection::from(rejected).error_response();
    if answer.status().is_server_error() {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    answer
}

async fn judge(
    request: &HttpRequest,
    finish: impl FnOnce(&VerifiedToken, HttpResponse) -> Result<HttpResponse, RejectedRequest>,
) -> Result<HttpResponse, RejectedRequest> {
    let authenticator = shared::<Authenticator>(request);
    let check = shared::<WorkerCounts>(request).begin_check();
    let caller = match authenticator.authenticate(Head::of(request)).await {
        Ok(caller) => caller,
        Err(rejected) => {
            check.rejected(&rejected);
            return Err(rejected);
        }
    };
    let token = caller.token();
    // A misspelt parameter that is passed over would let in everybody who has a token.
    let Some(names) = demanded(request.query_string()) else {
        check.bad_query(token.flavour());
        tracing::debug!(event = "token_refused", reason = "unknown query parameter");
        return Ok(bad_query());
    };
    let demand = Demand::parse(names.iter().map(AsRef::as_ref));
    let met = demand.as_ref().is_ok_and(|demand| demand.is_met_by(token.scopes()));
    if !met {
        check.forbidden(token.flavour());
        log_missing(token, demand.as_ref().ok());
        let needed = demand.unwrap_or_default();
        return Err(authenticator.missing_permission(needed.iter()));
    }
    let identity = identity_headers(token).ok_or_else(|| authenticator.missing_permission([]));
    let identity = identity.map(|identity| with_expiry_notice(request, token, identity));
    let answer = identity.and_then(|identity| finish(token, identity));
    match &answer {
        Ok(_) => check.passed(token.flavour()),
        Err(rejected) => check.rejected(rejected),
    }
    answer
}

/// Where it is switched on, a token that expires soon has one header more.
fn with_expiry_notice(request: &HttpRequest, token: &VerifiedToken, mut identity: HttpResponse) -> HttpResponse {
    let notice = token
        .expires_at()
        .and_then(|_| request.app_data::<Data<ExpiryNotice>>());
    if let Some(expires_at) = notice.and_then(|notice| notice.of(token)) {
        let name = HeaderName::from_static("x-auth-expires-at");
        identity.headers_mut().insert(name, expires_at.into());
    }
    identity
}

fn log(rejection: &RejectedRequest) {
    tracing::debug!(event = "token_refused", reason = rejection.reason());
}

/// Names the permissions that the token lacks. They are names that a permission can have; others are not logged.
fn log_missing(token: &VerifiedToken, demand: Option<&Demand>) {
    let lacking = |name: &&Scope| !token.scopes().contains(name.as_str());
    let missing = demand.map(|demand| demand.iter().filter(lacking).map(Scope::as_str).collect::<Vec<_>>());
    let missing = missing.map_or("(not the name of a permission)".into(), |names| names.join(" "));
    let (token, subject, flavour) = (token.session().id, token.subject(), token.flavour());
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
    HttpResponse::BadRequest()
        .content_type("application/json")
        .body(r#"{"error":"the only parameter is permission"}"#)
}

/// The answer's headers come from the verified token alone; the request's own `X-Auth-*` headers are not read.
fn identity_headers(token: &VerifiedToken) -> Option<HttpResponse> {
    let mut values = HeaderValues::default();
    let places = [
        values.number(token.subject().0),
        values.text(token.flavour()),
        values.text(token.realm().as_str()),
        // Of tokens that are refreshed each has the session's, so it stays the same, and revoking it ends them all.
        values.number(token.session().id.0),
        values.list(token.scopes().iter().map(Scope::as_str)),
    ];
    let mut response = HttpResponse::Ok().finish();
    for ((name, ..), value) in IDENTITY.into_iter().zip(values.finish(places)) {
        response.headers_mut().insert(name, value?);
    }
    Some(response)
}
