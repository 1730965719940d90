//! A person's own sessions and devices.

use auth_core::{Cause, Provenance, RevokeError, SessionRef, TokenId, TokenSummary, Unavailable};
use dialects::self_service::{OwnSession, OwnSessions, SessionsEnded, page_before, session_to_end};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// How many are listed at once.
const PAGE: u32 = 100;

pub(super) async fn list(call: Call<'_>) -> Result<Answer, HandlerError> {
    let before = page_before(&call.body()?.payload())?;
    let page = page(&call, before.map(TokenId)).await?;
    let next = (page.len() == PAGE as usize).then(|| page.last().map(|token| token.id.to_string()));
    let current = call.caller.token.session().id;
    let now = call.endpoints.server.clock.now();
    let lasting = page
        .iter()
        .filter(|token| is_session(token) && token.expires_at.is_none_or(|end| now < end));
    let shown = lasting.map(|token| OwnSession {
        id: token.id.to_string(),
        flavour: &token.flavour,
        label: token.label.as_deref(),
        issued_at: time(token.issued_at).unwrap_or_default(),
        expires_at: token.expires_at.and_then(time),
        last_used_at: token.last_used_at.and_then(time),
        current: token.id == current,
    });
    let sessions = OwnSessions {
        sessions: shown.collect(),
        next: next.flatten(),
    };
    Ok(sessions.answer())
}

/// A session of another person is answered as one that is not there.
pub(super) async fn end(call: Call<'_>) -> Result<Answer, HandlerError> {
    let id = TokenId(session_to_end(&call.body()?.payload())?);
    let found = call.endpoints.server.stores.tokens.find(id).await?;
    let caller = call.caller.token.session();
    let own = found.filter(|record| record.subject == caller.subject && record.parent.is_none());
    let own = own.ok_or(RequestRejection::NotFound)?;
    match revoke(&call, own.id).await? {
        true => Ok(SessionsEnded { ended: 1 }.answer()),
        false => Err(RequestRejection::NotFound.into()),
    }
}

pub(super) async fn end_others(call: Call<'_>) -> Result<Answer, HandlerError> {
    let current = call.caller.token.session().id;
    let (mut ended, mut before) = (0, None);
    loop {
        let page = page(&call, before).await?;
        before = page.last().map(|token| token.id);
        for token in page.iter().filter(|token| is_session(token) && token.id != current) {
            ended += u64::from(revoke(&call, token.id).await?);
        }
        if page.len() < PAGE as usize {
            return Ok(SessionsEnded { ended }.answer());
        }
    }
}

async fn page(call: &Call<'_>, before: Option<TokenId>) -> Result<Vec<TokenSummary>, HandlerError> {
    let store = &call.endpoints.server.stores.token_admin;
    let SessionRef { subject, .. } = call.caller.token.session();
    let page = store.tokens_of(subject, before, PAGE).await;
    Ok(page.map_err(|error| RevokeError::from(Unavailable::from(error)))?)
}

/// Whether it is no access token of another record.
fn is_session(token: &TokenSummary) -> bool {
    token.parent.is_none()
}

async fn revoke(call: &Call<'_>, id: TokenId) -> Result<bool, HandlerError> {
    let revoked = call.caller.tokens.issuer().revoke(id);
    let revoked = Provenance::current().because(Cause::SignOut).scope(revoked).await?;
    if revoked {
        let SessionRef { subject, .. } = call.caller.token.session();
        tracing::info!(event = "token_revoked", token = %id, %subject);
    }
    Ok(revoked)
}
