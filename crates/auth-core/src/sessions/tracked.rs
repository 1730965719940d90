//! Makes any issuer revocable.

use std::sync::Arc;

use async_trait::async_trait;

use super::registry::TokenRegistry;
use crate::contract::clock::{CLOCK_SKEW, Timestamp};
use crate::contract::error::{IssueError, RevokeError, VerifyError};
use crate::contract::issuer::{Capabilities, Issuer, Verifier};
use crate::contract::token::{Grant, IssuedToken, Lifetime, PresentedToken, SessionRef, Sharing, TokenId};
use crate::contract::token_store::{NewToken, TokenRecord};
use crate::contract::verified_token::{VerifiedParts, VerifiedToken};

/// Records a session for each grant, has the inner issuer name it in the token, and accepts a token only while that
/// session's record is live.
///
/// The inner issuer checks first, so a text that it did not issue causes no read. Then the record decides, as it does for
/// an opaque token: whose session it is, whether it is live, and which of the token's permissions its owner still has. A
/// record is read once on each node and cached until something changes it, so a warm check costs two look-ups in memory.
#[derive(Debug)]
pub struct Tracked<I> {
    inner: I,
    registry: Arc<TokenRegistry>,
}

impl<I: Issuer> Tracked<I> {
    /// `inner`, with its sessions in `registry`.
    pub fn new(inner: I, registry: Arc<TokenRegistry>) -> Self {
        Self { inner, registry }
    }

    /// The token, whose live session this is. It was checked; only permissions are taken away.
    fn accept(&self, token: VerifiedToken, session: &TokenRecord) -> VerifiedToken {
        self.registry.note_used(session.id);
        VerifiedToken::dangerous_from_verifier(VerifiedParts {
            scopes: token.scopes().and(&session.scopes),
            issued_at: token.issued_at().or_else(|| begun_with(&token, session)),
            ..token.into_parts()
        })
    }

    async fn record(&self, grant: &Grant, now: Timestamp) -> Result<SessionRef, IssueError> {
        let store = self.registry.store();
        let new = session_record(self.inner.flavour(), grant, now, self.inner.lifetime());
        let id = match grant.sharing {
            Sharing::Own => store.insert(new).await?,
            Sharing::Shared => store.find_or_insert(new).await?.map(|record| record.id),
        };
        Ok(SessionRef {
            id: id.ok_or(IssueError::NotEntitled)?,
            generation: grant.generation,
            subject: grant.subject,
        })
    }
}

#[async_trait]
impl<I: Issuer> Verifier for Tracked<I> {
    fn flavour(&self) -> &str {
        self.inner.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            revocable: true,
            recorded: true,
            current_rights: true,
            ..self.inner.capabilities()
        }
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let token = self.inner.verify(presented).await?;
        let record = self.registry.session(&token.session(), self.flavour()).await?;
        Ok(self.accept(token, &record))
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        let token = match self.inner.verify_in_memory(presented)? {
            Ok(token) => token,
            rejected => return Some(rejected),
        };
        let record = self.registry.session_in_memory(&token.session(), self.flavour())?;
        Some(record.map(|record| self.accept(token, &record)))
    }
}

#[async_trait]
impl<I: Issuer> Issuer for Tracked<I> {
    fn lifetime(&self) -> Lifetime {
        self.inner.lifetime()
    }

    async fn issue(&self, mut grant: Grant) -> Result<IssuedToken, IssueError> {
        if grant.session.is_none() {
            let now = self.registry.now();
            grant.session = Some(self.record(&grant, now).await?);
        }
        self.inner.issue(grant).await
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        Ok(self.registry.revoke(id).await?)
    }
}

/// When a token that does not say so was issued: when its session began, if the two end together. A session that is
/// refreshed ends later than each of its tokens; one that is not ends when its token does, which is signed a moment later.
fn begun_with(token: &VerifiedToken, session: &TokenRecord) -> Option<Timestamp> {
    let (one, other) = token.expires_at().zip(session.expires_at)?;
    let apart = one.since(other).max(other.since(one));
    (apart <= CLOCK_SKEW).then_some(session.issued_at)
}

/// The record of a session whose token is not stored.
fn session_record(flavour: &str, grant: &Grant, now: Timestamp, lifetime: Lifetime) -> NewToken {
    NewToken {
        refresh: grant.refresh.clone(),
        expires_at: latest(grant.session_expires_at, lifetime.end(now)),
        ..NewToken::of(grant, flavour.into(), now)
    }
}

/// The later of the session's expiry and its token's; if the token does not expire, the session does not either.
pub(crate) fn latest(session: Option<Timestamp>, token: Option<Timestamp>) -> Option<Timestamp> {
    let token = token?;
    Some(session.map_or(token, |session| session.max(token)))
}
