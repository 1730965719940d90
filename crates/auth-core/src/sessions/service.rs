//! Sign in, refresh with rotation, sign out: what every dialect does, whatever its issuer.

use std::sync::Arc;

use super::refresh::{Decision, RefreshPolicy, RefreshToken};
use super::registry::TokenRegistry;
use crate::contract::clock::{Clock, Timestamp};
use crate::contract::entropy::Entropy;
use crate::contract::error::{IssueError, IssuerSetupError, RefreshError, RevokeError};
use crate::contract::issuer::Issuer;
use crate::contract::refresh_state::RefreshState;
use crate::contract::secret::{PlainToken, SecretKey};
use crate::contract::token::{Grant, IssuedToken, PresentedToken, SessionRef};
use crate::contract::token_store::RefreshSession;
use crate::contract::verified_token::VerifiedToken;

/// How often a refresh that lost its race looks again at where the family stands. One look is enough; two more are for
/// a family that several clients move at once.
const LOOKS: usize = 3;

/// What a service refreshes with.
#[derive(Debug)]
pub struct Refreshing {
    /// How long refreshing goes on.
    pub policy: RefreshPolicy,
    /// The key under which successors are sealed; of this service alone, and not in the store.
    pub seal: SecretKey,
}

/// The outcome of a sign-in or a refresh.
#[derive(Debug)]
pub struct SignedIn {
    /// The access token.
    pub token: IssuedToken,
    /// What it can be refreshed with.
    pub refresh: Option<PlainToken>,
    /// The session it belongs to, with its owner.
    pub session: SessionRef,
}

/// One mounted flavour's tokens, from sign-in to sign-out.
#[derive(Debug)]
pub struct TokenService {
    issuer: Arc<dyn Issuer>,
    registry: Arc<TokenRegistry>,
    entropy: Arc<dyn Entropy>,
    refreshing: Option<Refreshing>,
}

impl TokenService {
    /// A service over `issuer`, which refreshes if `refreshing` is given.
    ///
    /// # Errors
    /// [`IssuerSetupError::SessionsNotRecorded`] for a service that refreshes over an issuer that records no sessions.
    pub fn new(
        issuer: Arc<dyn Issuer>,
        registry: Arc<TokenRegistry>,
        entropy: Arc<dyn Entropy>,
        refreshing: Option<Refreshing>,
    ) -> Result<Self, IssuerSetupError> {
        if refreshing.is_some() && !issuer.capabilities().recorded {
            return Err(IssuerSetupError::SessionsNotRecorded {
                flavour: issuer.flavour().into(),
                needed_by: "refreshing",
            });
        }
        Ok(Self {
            issuer,
            registry,
            entropy,
            refreshing,
        })
    }

    /// The issuer, as a verifier or otherwise.
    pub fn issuer(&self) -> &Arc<dyn Issuer> {
        &self.issuer
    }

    /// Issues the token for a grant, and a refresh token where this service refreshes.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn sign_in(&self, mut grant: Grant) -> Result<SignedIn, IssueError> {
        let (subject, generation, session) = (grant.subject, grant.generation, grant.session);
        let mut first = None;
        if let Some(refreshing) = &self.refreshing {
            let now = self.clock().now();
            let (state, plain) = RefreshState::start(now, &*self.entropy)?;
            grant.refresh = Some(state);
            grant.session_expires_at = Some(now.plus(refreshing.policy.absolute));
            first = Some(plain);
        }
        let token = self.issuer.issue(grant).await?;
        let session = session.unwrap_or(SessionRef {
            id: token.id,
            generation,
            subject,
        });
        tracing::info!(event = "token_issued", flavour = self.issuer.flavour(), token = %token.id, %subject);
        Ok(SignedIn {
            token,
            refresh: first,
            session,
        })
    }

    /// Exchanges a refresh token for a fresh access token of the same session and the next refresh token.
    ///
    /// However many callers present one token at once, there is one successor, and within the grace all of them get it.
    ///
    /// # Errors
    /// [`RefreshError`]. After [`RefreshError::Unavailable`] the token presented is still good, or gets its successor
    /// on a retry within the grace.
    ///
    /// # Security
    /// A token used before, outside the grace, ends its session: two parties held it (RFC 9700 4.14). Text that is no
    /// refresh token is refused before anything is read.
    pub async fn refresh(&self, presented: &str) -> Result<SignedIn, RefreshError> {
        let refreshing = self.refreshing.as_ref().ok_or(RefreshError::Unknown)?;
        let presented = RefreshToken::parse(presented).ok_or(RefreshError::Malformed)?;
        for _ in 0..LOOKS {
            let session = self.session_of(&presented).await?;
            let now = self.clock().now();
            if session.token.expires_at.is_some_and(|end| end <= now) {
                return Err(RefreshError::Expired);
            }
            let decision = session
                .refresh
                .decide(&presented, now, &refreshing.policy, &refreshing.seal);
            let successor = match decision {
                Decision::Rotate => self.rotate(&session, &presented, now, refreshing).await?,
                Decision::Replay(successor) => Some(successor),
                Decision::Reused => return Err(self.end_reused(&session).await),
                Decision::Unknown => return Err(RefreshError::Unknown),
                Decision::Expired => return Err(RefreshError::Expired),
            };
            if let Some(successor) = successor {
                return self.answer(session, successor).await;
            }
        }
        Err(crate::StoreError::Busy("a refresh family kept moving".into()).into())
    }

    /// Ends the session of a live token, and with it everything that belongs to it.
    ///
    /// # Errors
    /// [`RevokeError::Rejected`] if the token is not live.
    pub async fn sign_out(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, RevokeError> {
        let token = self.issuer.verify(presented).await?;
        self.issuer.revoke(token.session().id).await?;
        tracing::info!(event = "token_revoked", flavour = self.issuer.flavour(), token = %token.id(), subject = %token.subject());
        Ok(token)
    }

    async fn session_of(&self, presented: &RefreshToken) -> Result<RefreshSession, RefreshError> {
        let found = self.registry.store().find_session(&presented.selector()).await?;
        let ours = found.filter(|session| *session.token.flavour == *self.issuer.flavour());
        ours.ok_or(RefreshError::Unknown)
    }

    /// The successor, if this caller is the one who moved the family.
    async fn rotate(
        &self,
        session: &RefreshSession,
        presented: &RefreshToken,
        now: Timestamp,
        refreshing: &Refreshing,
    ) -> Result<Option<PlainToken>, RefreshError> {
        let from = &session.refresh.current;
        let (to, successor) = session
            .refresh
            .rotate(presented, now, &refreshing.seal, &*self.entropy)?;
        let won = self.registry.store().rotate(session.token.id, from, &to).await?;
        Ok(won.then_some(successor))
    }

    async fn answer(&self, session: RefreshSession, refresh: PlainToken) -> Result<SignedIn, RefreshError> {
        let record = session.token;
        let reference = SessionRef {
            id: record.id,
            generation: record.generation,
            subject: record.subject,
        };
        let mut grant = Grant::new(record.subject, record.generation, record.realm, record.scopes);
        grant.session = Some(reference);
        let token = self.issuer.issue(grant).await.map_err(|error| match error {
            IssueError::NotEntitled => RefreshError::Unknown,
            IssueError::Unavailable(trouble) => RefreshError::Unavailable(trouble),
        })?;
        tracing::info!(event = "token_refreshed", flavour = self.issuer.flavour(), token = %record.id, subject = %record.subject);
        Ok(SignedIn {
            token,
            refresh: Some(refresh),
            session: reference,
        })
    }

    /// Ends the session; the reuse is told only once that is done.
    async fn end_reused(&self, session: &RefreshSession) -> RefreshError {
        let (id, subject) = (session.token.id, session.token.subject);
        match self.registry.revoke(id).await {
            Ok(true) => {
                tracing::warn!(event = "refresh_reused", flavour = self.issuer.flavour(), token = %id, %subject);
                RefreshError::Reused
            }
            Ok(false) => RefreshError::Unknown,
            Err(trouble) => trouble.into(),
        }
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.registry.clock()
    }
}
