//! Tokens that people make of a token of theirs: with fewer rights and an end, or in its place.

use auth_core::{
    Grant, IssuedToken, RevokeError, Scope, Scopes, Timestamp, TokenId, TokenSummary, Unavailable, VerifiedToken,
};
use dialects::self_service::{CreateRequest, FIXED_END, NewToken, TOO_MANY, TOO_MUCH, overlap};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// How many tokens and sessions one person may hold who makes tokens of tokens.
const MOST: u32 = 1000;

/// The same where one is replaced: whoever holds as many as a person may can rotate all of them, since the old ones end.
const MOST_ROTATED: u32 = 2 * MOST;

/// The new token permits no more than the caller's, and ends no later.
pub(super) async fn create(call: Call<'_>) -> Result<Answer, HandlerError> {
    let asked = CreateRequest::decode(&call.body()?.payload())?;
    let token = &call.caller.token;
    let own = summary(&call, token).await?;
    let scopes = match &asked.scope {
        Some(names) => narrowed(token.scopes(), names)?,
        None => token.scopes().clone(),
    };
    let now = call.endpoints.server.clock.now();
    let asked_end = asked.expires_in.map(|after| now.plus(after));
    let end = [asked_end, own.ends_at].into_iter().flatten().min();
    let made = issue(&call, MOST, Some(asked.label), scopes, end).await?;
    Ok(made.shown(None).answer())
}

/// The new token has the label, the rights and the end of the caller's, which is accepted for a while beside it.
pub(super) async fn rotate(call: Call<'_>) -> Result<Answer, HandlerError> {
    let overlap = overlap(&call.body()?.payload())?;
    let token = &call.caller.token;
    let own = summary(&call, token).await?;
    let made = issue(&call, MOST_ROTATED, own.label, token.scopes().clone(), own.ends_at).await?;
    let until = call.endpoints.server.clock.now().plus(overlap);
    shorten_or_revoke(&call, own.id, until, made.token.session).await?;
    let old_ends = [Some(until), own.ends_at].into_iter().flatten().min();
    Ok(made.shown(old_ends).answer())
}

/// A token that was just made.
struct Made {
    token: IssuedToken,
    /// What it permits.
    scopes: Scopes,
    /// When it ends at the latest.
    end: Option<Timestamp>,
}

impl Made {
    /// `old_end`: when the token that it replaces ends.
    fn shown(&self, old_end: Option<Timestamp>) -> NewToken<'_> {
        let scope: Vec<&str> = self.scopes.iter().map(Scope::as_str).collect();
        NewToken {
            id: self.token.session.to_string(),
            token: self.token.plain.expose().into(),
            scope: scope.join(" "),
            expires_at: [self.end, self.token.expires_at]
                .into_iter()
                .flatten()
                .min()
                .and_then(time),
            old_expires_at: old_end.and_then(time),
        }
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

async fn issue(
    call: &Call<'_>,
    most: u32,
    label: Option<String>,
    scopes: Scopes,
    end: Option<Timestamp>,
) -> Result<Made, HandlerError> {
    // The end of a session that is refreshed is not that of its access tokens.
    if call.caller.tokens.refreshes() {
        return Err(FIXED_END.into());
    }
    let token = &call.caller.token;
    let held = &call.endpoints.server.stores.token_admin;
    let held = held.tokens_of(token.subject(), None, most).await.map_err(unavailable)?;
    if held.len() >= most as usize {
        return Err(TOO_MANY.into());
    }
    let generation = token.session().generation;
    let mut grant = Grant::new(token.subject(), generation, token.realm().clone(), scopes.clone());
    grant.label = label;
    let token = call.caller.tokens.sign_in(grant).await?.token;
    if let Some(end) = end {
        shorten_or_revoke(call, token.session, end, token.session).await?;
    }
    Ok(Made { token, scopes, end })
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

/// The caller's session, with its label and its end: the moment at which it expires if it is not used again is not its end.
async fn summary(call: &Call<'_>, token: &VerifiedToken) -> Result<TokenSummary, HandlerError> {
    let (store, id) = (&call.endpoints.server.stores.token_admin, token.session().id);
    let next = TokenId(id.0.saturating_add(1));
    let found = store
        .tokens_of(token.subject(), Some(next), 1)
        .await
        .map_err(unavailable)?;
    let own = found.into_iter().find(|summary| summary.id == id);
    Ok(own.ok_or(RequestRejection::NotAuthenticated { token_sent: true })?)
}

fn unavailable(error: auth_core::StoreError) -> HandlerError {
    RevokeError::from(Unavailable::from(error)).into()
}
