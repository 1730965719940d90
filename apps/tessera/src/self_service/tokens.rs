//! Tokens that people make of a token of theirs: with fewer rights and an end, or in its place.

use auth_core::{
    Cause, Grant, IssueError, IssuedToken, Provenance, Scope, Scopes, Timestamp, TokenSummary, VerifiedToken,
};
use dialects::self_service::{CreateRequest, FIXED_END, NewToken, TOO_MANY, TOO_MUCH, overlap};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// How many tokens and sessions one person may hold who makes tokens of tokens.
const MOST: u32 = 1000;

/// The same where one is replaced: whoever holds as many as a person may can rotate all of them, since the old ones end.
const MOST_ROTATED: u32 = 2 * MOST;

/// The new token permits no more than the caller's, ends no later, and is revoked with it.
pub(super) async fn create(call: Call<'_>) -> Result<Answer, HandlerError> {
    call.refuse_made()?;
    let asked = CreateRequest::decode(&call.body()?.payload())?;
    let held = call.caller.token.scopes();
    let scopes = match &asked.scope {
        Some(names) => narrowed(held, names)?,
        None => held.clone(),
    };
    let asked_end = asked
        .expires_in
        .map(|after| call.endpoints.server.clock.now().plus(after));
    let end = [asked_end, call.own.ends_at].into_iter().flatten().min();
    refuse_too_many(&call, MOST).await?;
    let grant = grant(&call.caller.token, Some(asked.label), scopes.clone());
    let made = call.caller.tokens.issue_from(call.own.id, end, grant).await;
    Ok(shown(&made.map_err(refusal)?, &scopes, None).answer())
}

/// The new token has the label, the rights and the end of the caller's, which is accepted for a while beside it. Whoever asks
/// again gets another one, and the first is revoked.
pub(super) async fn rotate(call: Call<'_>) -> Result<Answer, HandlerError> {
    let overlap = overlap(&call.body()?.payload())?;
    refuse_too_many(&call, MOST_ROTATED).await?;
    let TokenSummary { id, label, .. } = &call.own;
    let scopes = call.caller.token.scopes();
    let grant = grant(&call.caller.token, label.clone(), scopes.clone());
    let until = call.endpoints.server.clock.now().plus(overlap);
    let by = Provenance::current().because(Cause::Replaced);
    let replaced = by.scope(call.caller.tokens.replace(*id, until, grant)).await;
    let replaced = replaced.map_err(refusal)?;
    Ok(shown(&replaced.token, scopes, Some(replaced.old_ends_at)).answer())
}

fn grant(token: &VerifiedToken, label: Option<String>, scopes: Scopes) -> Grant {
    let mut grant = Grant::new(
        token.subject(),
        token.session().generation,
        token.realm().clone(),
        scopes,
    );
    grant.label = label;
    grant
}

/// `old_end`: when the token that it replaces ends.
fn shown<'a>(token: &'a IssuedToken, scopes: &Scopes, old_end: Option<Timestamp>) -> NewToken<'a> {
    let scope: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
    NewToken {
        id: token.session.to_string(),
        token: token.plain.expose().into(),
        scope: scope.join(" "),
        expires_at: token.expires_at.and_then(time),
        old_expires_at: old_end.and_then(time),
    }
}

/// These permissions, all of which the caller's token has.
fn narrowed(held: &Scopes, names: &str) -> Result<Scopes, RequestRejection> {
    let wanted = names.split(' ').filter(|name| !name.is_empty());
    let found: Option<Vec<Scope>> = wanted
        .map(|name| held.iter().find(|scope| scope.as_str() == name).cloned())
        .collect();
    Ok(found.ok_or(TOO_MUCH)?.into_iter().collect())
}

async fn refuse_too_many(call: &Call<'_>, most: u32) -> Result<(), HandlerError> {
    match call.page(None, most).await?.len() >= most as usize {
        true => Err(TOO_MANY.into()),
        false => Ok(()),
    }
}

fn refusal(error: IssueError) -> HandlerError {
    match error {
        IssueError::Unsupported => FIXED_END.into(),
        // The caller's token was revoked, or its owner disabled, since it was checked.
        IssueError::NotEntitled => RequestRejection::NotAuthenticated { token_sent: true }.into(),
        error => error.into(),
    }
}
