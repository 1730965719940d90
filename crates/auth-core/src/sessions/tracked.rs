//! Makes any issuer revocable.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::registry::TokenRegistry;
use crate::contract::clock::Timestamp;
use crate::contract::error::{IssueError, RevokeError, VerifyError};
use crate::contract::issuer::{Capabilities, Issuer, Verifier};
use crate::contract::token::{Grant, IssuedToken, Lifetime, PresentedToken, SessionRef, Sharing, TokenId};
use crate::contract::token_store::NewToken;
use crate::contract::verified_token::VerifiedToken;

/// The longest life of a token that is checked in memory alone. Its session's revocation is remembered for longer
/// ([`TokenRegistry::KEEP`]).
const CHECKED_IN_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
const _: () = assert!(CHECKED_IN_MEMORY.as_secs() < TokenRegistry::KEEP.as_secs());

/// Records a session for each grant, has the inner issuer name it in the token, and refuses tokens of revoked sessions.
///
/// The inner issuer checks first. Then the session is compared with the revocations that this node has in memory, so a
/// check costs no look-up and works while the database cannot be reached. A revocation is remembered for a day after the
/// session's record expires, and a token issued shortly before that may be valid for longer. So where tokens are valid
/// for more than a day, or do not expire, the record itself decides: it is read once and then cached.
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

    /// Whether no token is valid for longer than the revocation of its session is remembered.
    fn revocations_are_remembered(&self) -> bool {
        matches!(self.inner.lifetime(), Lifetime::Limited(lifetime) if lifetime <= CHECKED_IN_MEMORY)
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
            ..self.inner.capabilities()
        }
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let token = self.inner.verify(presented).await?;
        match self.revocations_are_remembered() {
            true => self.registry.refuse_ended(&token.session())?,
            false => drop(self.registry.live(token.session().id).await?),
        }
        self.registry.note_used(token.session().id);
        Ok(token)
    }
}

#[async_trait]
impl<I: Issuer> Issuer for Tracked<I> {
    fn lifetime(&self) -> Lifetime {
        self.inner.lifetime()
    }

    async fn issue(&self, mut grant: Grant) -> Result<IssuedToken, IssueError> {
        if grant.session.is_none() {
            let now = self.registry.clock().now();
            grant.session = Some(self.record(&grant, now).await?);
        }
        self.inner.issue(grant).await
    }

    async fn revoke(&self, id: TokenId) -> Result<(), RevokeError> {
        self.registry.revoke(id).await?;
        Ok(())
    }
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
