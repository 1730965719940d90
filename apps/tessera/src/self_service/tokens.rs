//! Tokens that people make of a token of theirs: with fewer rights and an end, or in its place.

use std::time::Duration;

use auth_core::{Grant, RevokeError, Scope, Scopes, Timestamp, TokenId, TokenSummary, Unavailable, VerifiedToken};
use dialects::self_service::{CreateRequest, FIXED_END, NewToken, TOO_MANY, TOO_MUCH, overlap};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// How many tokens and sessions one person may hold who makes tokens of tokens.
const MOST: u32 = 1000;

/// The longest overlap of a rotation.
const LONGEST_OVERLAP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The new token permits no more than the caller's, and ends no later.
pub(super) async fn create(call: Call<'_>) -> Result<Answer, HandlerError> {
    let asked = CreateRequest::decode(&call.body()?.payload())?;
    let token = &call.caller.token;
    let scopes = match &asked.scope {
        Some(names) => narrowed(token.scopes(), names)?,
        None => token.scopes().clone(),
    };
    let now = call.endpoints.server.clock.now();
    let asked_end = asked.expires_in.map(|after| now.plus(after));
    let end = [asked_end, token.expires_at()].into_iter().flatten().min();
    let (_, answer) = issue(&call, Some(asked.label), scopes, end).await?;
    Ok(answer)
}

/// The new token has the label, the rights and the end of the caller's, which is accepted for a while beside it.
pub(super) async fn rotate(call: Call<'_>) -> Result<Answer, HandlerError> {
    let overlap = overlap(&call.body()?.payload())?.min(LONGEST_OVERLAP);
    let token = &call.caller.token;
    let label = summary(&call, token).await?.and_then(|summary| summary.label);
    let (new, answer) = issue(&call, label, token.scopes().clone(), token.expires_at()).await?;
    let until = call.endpoints.server.clock.now().plus(overlap);
    shorten_or_revoke(&call, token.session().id, until, new).await?;
    Ok(answer)
}

/// These permissions, all of which the caller's token has.
fn narrowed(held: &Scopes, names: &str) -> Result<Scopes, RequestRejection> {
    let wanted = names.split(' ').filter(|name| !name.is_empty());
    let found: Option<Vec<Scope>> = wanted
        .map(|name| held.iter().find(|scope| scope.as_str() == name).cloned())
        .collect();
    Ok(found.ok_or(TOO_MUCH)?.into_iter().collect())
}

async fn issue(
    call: &Call<'_>,
    label: Option<String>,
    scopes: Scopes,
    end: Option<Timestamp>,
) -> Result<(TokenId, Answer), HandlerError> {
    // The end of a session that is refreshed is not that of its access tokens.
    if call.caller.tokens.refreshes() {
        return Err(FIXED_END.into());
    }
    let token = &call.caller.token;
    let held = &call.endpoints.server.stores.token_admin;
    let held = held.tokens_of(token.subject(), None, MOST).await.map_err(unavailable)?;
    if held.len() >= MOST as usize {
        return Err(TOO_MANY.into());
    }
    let scope: Vec<String> = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let generation = token.session().generation;
    let mut grant = Grant::new(token.subject(), generation, token.realm().clone(), scopes);
    grant.label = label;
    let new = call.caller.tokens.sign_in(grant).await?.token;
    if let Some(end) = end {
        shorten_or_revoke(call, new.session, end, new.session).await?;
    }
    let answer = NewToken {
        id: new.session.to_string(),
        token: new.plain.expose().into(),
        scope: scope.join(" "),
        expires_at: [end, new.expires_at].into_iter().flatten().min().and_then(time),
    };
    Ok((new.session, answer.answer()))
}

/// Has a token end at a moment. Where that cannot be done the new token is revoked, which nobody has seen yet.
async fn shorten_or_revoke(call: &Call<'_>, id: TokenId, until: Timestamp, new: TokenId) -> Result<(), HandlerError> {
    let issuer = call.caller.tokens.issuer();
    let Err(error) = issuer.shorten(id, until).await else {
        return Ok(());
    };
    if let Err(error) = issuer.revoke(new).await {
        tracing::warn!(event = "token_not_revoked", token = %new, %error);
    }
    match error {
        RevokeError::Unsupported => Err(FIXED_END.into()),
        error => Err(error.into()),
    }
}

/// The caller's session, with its label.
async fn summary(call: &Call<'_>, token: &VerifiedToken) -> Result<Option<TokenSummary>, HandlerError> {
    let (store, id) = (&call.endpoints.server.stores.token_admin, token.session().id);
    let next = TokenId(id.0.saturating_add(1));
    let found = store
        .tokens_of(token.subject(), Some(next), 1)
        .await
        .map_err(unavailable)?;
    Ok(found.into_iter().find(|summary| summary.id == id))
}

fn unavailable(error: auth_core::StoreError) -> HandlerError {
    RevokeError::from(Unavailable::from(error)).into()
}
