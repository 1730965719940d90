//! Revoking by what was presented: for whoever has found a token, or has heard that it leaked.

use super::TokenService;
use super::counters::note;
use crate::audit::{Cause, Provenance};
use crate::contract::error::{RefreshError, RevokeError, VerifyError};
use crate::contract::token::{PresentedToken, SessionRef};
use crate::sessions::refresh::{Decision, RefreshToken};
use crate::sessions::unknown_tokens::UnknownRead;

impl TokenService {
    /// Revokes the session that an access token or a refresh token belongs to, and with it everything else that does: for a
    /// service that has found a token, or has heard that it leaked (RFC 7009). The audit log has the cause of the current
    /// [`Provenance`], or that this was requested. The answer is the session, `None` if the
    /// text is no active token of this service. A refresh token that was used before belongs to its session still.
    ///
    /// The issuer is asked as it is: a token that it binds to a key needs the key.
    ///
    /// # Errors
    /// [`RevokeError::Unsupported`] for an active token of an issuer that cannot revoke; [`RevokeError::Unavailable`]: the
    /// token may be active still. Never [`RevokeError::Rejected`].
    pub async fn revoke(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, RevokeError> {
        let session = match self.issuer.verify(presented).await {
            Ok(token) => Some(token.session()),
            Err(VerifyError::Rejected(_)) => self.session_of_refresh_token(presented).await?,
            Err(VerifyError::Unavailable(error)) => return Err(error.into()),
        };
        self.revoke_session(session).await
    }

    /// The same for a token that was reported, which may have expired: what came out of it is revoked all the same
    /// ([`Issuer::session_of`](crate::Issuer::session_of)).
    ///
    /// # Errors
    /// As [`revoke`](Self::revoke).
    pub async fn revoke_reported(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, RevokeError> {
        let session = match self.issuer.session_of(presented).await {
            Ok(Some(session)) => Some(session),
            Ok(None) | Err(VerifyError::Rejected(_)) => self.session_of_refresh_token(presented).await?,
            Err(VerifyError::Unavailable(error)) => return Err(error.into()),
        };
        self.revoke_session(session).await
    }

    async fn revoke_session(&self, session: Option<SessionRef>) -> Result<Option<SessionRef>, RevokeError> {
        let Some(session) = session else {
            return Ok(None);
        };
        let revoked = self.issuer.revoke(session.id);
        let by = Provenance::current();
        let by = by.because(by.cause.unwrap_or(Cause::RevocationRequest));
        if !by.scope(revoked).await? {
            return Ok(None);
        }
        note(&self.counters.revoked);
        Ok(Some(session))
    }

    /// The live session that a text belongs to as a refresh token. How many sessions are looked up in vain is bounded by
    /// the source, where that is known.
    async fn session_of_refresh_token(
        &self,
        presented: &PresentedToken<'_>,
    ) -> Result<Option<SessionRef>, RevokeError> {
        let Some(refreshing) = &self.refreshing else {
            return Ok(None);
        };
        let Some(readings) = RefreshToken::read(presented.text, &refreshing.seal) else {
            return Ok(None);
        };
        let read = match presented.source {
            Some(source) => Some(self.registry.unknown().read(source).await?),
            None => None,
        };
        let (session, token) = match self.session_of(&readings).await {
            Ok(found) => found,
            Err(RefreshError::Unavailable(error)) => return Err(error.into()),
            Err(_) => {
                read.into_iter().for_each(UnknownRead::found_nothing);
                return Ok(None);
            }
        };
        let now = self.registry.now();
        let meaning = session.refresh.decide(token, now, &refreshing.policy, &refreshing.seal);
        let belongs = !matches!(meaning, Decision::Unknown);
        Ok(belongs.then(|| session.token.session()))
    }
}
