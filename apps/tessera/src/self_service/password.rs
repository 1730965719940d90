//! A person's own password.

use auth_core::{Grant, PasswordChange, PolicyViolation, SetPasswordError};
use dialects::self_service::{
    NO_PASSWORD, NewSession, PASSWORD_COMMON, PASSWORD_TOO_SHORT, PASSWORD_UNUSABLE, PasswordRequest,
};
use dialects::{Answer, RequestRejection};

use super::{Call, time};
use crate::http::HandlerError;

/// All sessions end in one operation with the change. The caller gets a new one, with the permissions that its token had and
/// its owner still has.
pub(super) async fn change(call: Call<'_>) -> Result<Answer, HandlerError> {
    call.refuse_made()?;
    let PasswordRequest { old, new } = PasswordRequest::decode(&call.body()?.payload())?;
    let (server, token) = (&call.endpoints.server, &call.caller.token);
    let account = server.stores.accounts.find(token.subject()).await?;
    let account = account.ok_or(RequestRejection::NotAuthenticated { token_sent: true })?;
    let change = PasswordChange {
        realm: &account.realm,
        login: &account.login,
        old: &old,
        new: &new,
        end_sessions: true,
        source: server.proxies.source(call.request),
    };
    let changed = call.endpoints.passwords.change(&server.passwords, &change).await;
    changed.map_err(refusal)?;
    call.endpoints.registry.catch_up().await;
    let account = server.stores.accounts.find(account.subject).await?;
    let account = account.ok_or(RequestRejection::NotAuthenticated { token_sent: true })?;
    let grant = Grant::new(
        account.subject,
        account.generation,
        account.realm,
        token.scopes().clone(),
    );
    let new = call.caller.tokens.sign_in(grant).await?;
    let key = new.token.key.map(|key| key.to_string());
    let session = NewSession {
        token: new.token.plain.expose().into(),
        key: key.as_deref(),
        refresh_token: new.refresh.as_ref().map(|token| token.expose().into()),
        expires_at: new.token.expires_at.and_then(time),
    };
    Ok(session.answer())
}

fn refusal(error: SetPasswordError) -> HandlerError {
    match error {
        SetPasswordError::Policy(PolicyViolation::TooShort { .. }) => PASSWORD_TOO_SHORT.into(),
        SetPasswordError::Policy(PolicyViolation::Common) => PASSWORD_COMMON.into(),
        SetPasswordError::Policy(_) => PASSWORD_UNUSABLE.into(),
        SetPasswordError::SignIn(error) => error.into(),
        SetPasswordError::Busy(busy) => auth_core::SignInError::Busy(busy).into(),
        SetPasswordError::Unavailable(error) => auth_core::RefreshError::Unavailable(error).into(),
        _ => NO_PASSWORD.into(),
    }
}
