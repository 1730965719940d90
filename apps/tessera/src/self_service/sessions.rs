//! A person's own sessions and devices.

use auth_core::{Cause, Provenance, SessionRef, TokenId, TokenSummary};
use dialects::self_service::{OwnSession, OwnSessions, SessionsEnded, page_before, session_to_end};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// How many are listed at once.
const PAGE: u32 = 100;

pub(super) async fn list(call: Call<'_>) -> Result<Answer, HandlerError> {
    let before = page_before(&call.body()?.payload())?;
    let page = call.page(before.map(TokenId), PAGE).await?;
    let next = (page.len() == PAGE as usize).then(|| page.last().map(|token| token.id.to_string()));
    let now = call.endpoints.server.clock.now();
    let lasting = page
        .iter()
        .filter(|token| is_session(token) && token.expires_at.is_none_or(|end| now < end));
    let shown = lasting.filter(|token| call.may_see(token)).map(|token| OwnSession {
        id: token.id.to_string(),
        flavour: &token.flavour,
        label: token.label.as_deref(),
        issued_at: time(token.issued_at).unwrap_or_default(),
        expires_at: token.expires_at.and_then(time),
        last_used_at: token.last_used_at.and_then(time),
        current: token.id == call.own.id,
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
    let found = call.find(id).await?;
    let own = found.filter(|token| is_session(token) && call.may_see(token));
    let own = own.ok_or(RequestRejection::NotFound)?;
    let revoked = revoke(&call, own.id).await?;
    call.endpoints.registry.catch_up().await;
    match revoked {
        true => Ok(SessionsEnded { ended: 1 }.answer()),
        false => Err(RequestRejection::NotFound.into()),
    }
}

/// What is made of a session is revoked with it. The tokens of the caller's line are one session: those whose place the caller's has taken
/// end alone, and one that has taken its place stays.
pub(super) async fn end_others(call: Call<'_>) -> Result<Answer, HandlerError> {
    call.refuse_made()?;
    let (mut ended, mut before) = (0, None);
    loop {
        let page = call.page(before, PAGE).await?;
        before = page.last().map(|token| token.id);
        for token in page.iter().filter(|token| is_session(token) && token.id != call.own.id) {
            let was_live = match token.line == call.own.line {
                true if token.id > call.own.id => false,
                true => expire(&call, token.id).await?,
                false => revoke(&call, token.id).await?,
            };
            ended += u64::from(was_live);
        }
        if page.len() < PAGE as usize {
            break;
        }
    }
    call.endpoints.registry.catch_up().await;
    Ok(SessionsEnded { ended }.answer())
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

async fn expire(call: &Call<'_>, id: TokenId) -> Result<bool, HandlerError> {
    let now = call.endpoints.registry.now();
    Ok(call.caller.tokens.issuer().shorten(id, now).await?)
}
