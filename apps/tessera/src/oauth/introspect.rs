//! `POST /oauth/introspect` (RFC 7662).

use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Rejection, VerifiedToken, VerifyError};
use consumer_auth::ResourceServer;
use dialects::Answer;
use dialects::oauth::{ActiveToken, inactive};
use tokio::time::{Instant, sleep_until};

use super::token_endpoints::{Asked, AskedFlavour, Endpoints, TokenEndpoints};
use crate::http::{HandlerError, respond};
use crate::metrics::WorkerCounts;

/// The answer about a token that is not active leaves when a whole number of these has passed since it was asked for.
///
/// How long it takes to find that out depends on why: a text that is no token needs nothing, a wrong signature is
/// computed, an unknown number is read from the database, an expired or revoked token is in memory. All of it is well
/// below this time, so all of them answer after the same.
const STEP: Duration = Duration::from_millis(10);

pub(super) async fn introspect(
    endpoints: Endpoints,
    counts: Data<WorkerCounts>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = answer(&endpoints, &counts, &request, payload).await;
    respond(&*endpoints.errors, outcome)
}

async fn answer(
    endpoints: &TokenEndpoints,
    counts: &WorkerCounts,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Answer, HandlerError> {
    let asked = endpoints.asked(request, payload).await?;
    let asked_at = Instant::now();
    let check = counts.begin_check();
    let (flavour, error) = match find(endpoints, &asked).await {
        Ok((flavour, token)) => {
            check.passed(&flavour.name);
            return Ok(active(endpoints, &asked.caller, flavour, &token));
        }
        Err(failed) => failed,
    };
    check.failed(flavour, &error);
    match error {
        VerifyError::Rejected(_) => {
            next_step(asked_at).await;
            Ok(inactive())
        }
        error => Err(error.into()),
    }
}

/// Waits until a whole number of [`STEP`] has passed since then, and at least one.
async fn next_step(since: Instant) {
    let mut next = since + STEP;
    while next <= Instant::now() {
        next += STEP;
    }
    sleep_until(next).await;
}

/// The token, if a flavour in the caller's audience accepts it. Otherwise why not, with the name of the flavour whose token
/// it is. Where one cannot decide and no other accepts it, that is the answer: what may be active is never called inactive.
async fn find<'a>(
    endpoints: &'a TokenEndpoints,
    asked: &Asked,
) -> Result<(&'a AskedFlavour, VerifiedToken), (Option<&'a str>, VerifyError)> {
    let mut failed = (None, VerifyError::Rejected(Rejection::Unknown));
    for flavour in endpoints.flavours(&asked.caller) {
        match auth_core::verify(&*flavour.verifier, &asked.presented()).await {
            Ok(token) => return Ok((flavour, token)),
            Err(VerifyError::Rejected(reason)) => {
                tracing::debug!(event = "token_refused", flavour = flavour.name, %reason);
                // A key that is missing is missed before the token is looked at.
                let is_own = !reason.is_foreign() && reason != Rejection::KeyMissing;
                if is_own && matches!(failed.1, VerifyError::Rejected(_)) {
                    failed = (Some(&*flavour.name), reason.into());
                }
            }
            Err(error) => failed = (None, error),
        }
    }
    Err(failed)
}

fn active(
    endpoints: &TokenEndpoints,
    caller: &ResourceServer,
    flavour: &AskedFlavour,
    token: &VerifiedToken,
) -> Answer {
    let (subject, scope) = (token.subject().to_string(), token.scopes().to_string());
    let (id, session) = (token.id().to_string(), token.session().to_string());
    let answer = ActiveToken {
        iss: endpoints.issuer.as_deref(),
        token_type: flavour.is_bearer.then_some("Bearer"),
        scope: &scope,
        iat: token.issued_at().map(|at| at.as_seconds()),
        exp: token.expires_at().map(|at| at.as_seconds()),
        flavour: token.flavour(),
        realm: token.realm().as_str(),
        token_id: &id,
        sid: &session,
        ..ActiveToken::new(&subject, &caller.id)
    };
    answer.answer()
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    /// Whatever the work takes below one step, the answer comes after one; what takes longer, after the next whole one.
    #[tokio::test(start_paused = true)]
    async fn an_inactive_token_is_answered_after_whole_steps() {
        for (work, expected) in [(0, 10), (3, 10), (9, 10), (12, 20), (27, 30)] {
            let asked = Instant::now();
            sleep(Duration::from_millis(work)).await;
            next_step(asked).await;
            assert_eq!(asked.elapsed(), Duration::from_millis(expected), "{work} ms");
        }
    }
}
