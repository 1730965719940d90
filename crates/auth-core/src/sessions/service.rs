//! Sign in, refresh with rotation, sign out: what every dialect does, whatever its issuer.

mod counters;
mod revocation;

use std::sync::Arc;

use super::refresh::{Decision, RefreshPolicy, RefreshToken};
use super::registry::TokenRegistry;
use crate::audit::{Cause, Provenance};
use crate::contract::account::Subject;
use crate::contract::clock::Timestamp;
use crate::contract::entropy::Entropy;
use crate::contract::error::{IssueError, IssuerSetupError, RefreshError, Rejection, RevokeError};
use crate::contract::issuer::Issuer;
use crate::contract::refresh_state::RefreshState;
use crate::contract::scope::Scopes;
use crate::contract::secret::{PlainToken, SecretKey};
use crate::contract::token::{Grant, IssuedToken, PresentedToken, Replaced, SessionRef, TokenId};
use crate::contract::token_store::RefreshSession;
use crate::contract::verified_token::VerifiedToken;

pub use counters::TokenCounters;

use counters::{Counters, note};

/// How often a refresh reads the session's state before it gives up. The second reading answers a caller who lost the
/// race of one rotation; the third is for a session that several clients refresh at the same time.
const READS: usize = 3;

/// What a service refreshes with.
#[derive(Debug)]
pub struct Refreshing {
    /// For how long a session can be refreshed.
    pub policy: RefreshPolicy,
    /// The key under which successors are sealed and the texts of tokens are encrypted: for this service alone, and not in
    /// the store.
    pub seal: SecretKey,
}

/// The outcome of a sign-in or a refresh.
#[derive(Debug)]
pub struct SignedIn {
    /// The access token.
    pub token: IssuedToken,
    /// The refresh token, where the service refreshes.
    pub refresh: Option<PlainToken>,
    /// The session it belongs to, with its owner.
    pub session: SessionRef,
    /// What the token permits.
    pub scopes: Scopes,
}

/// The tokens of one flavour, from sign-in to sign-out. Cheap to clone; the clones are one service.
#[derive(Clone, Debug)]
pub struct TokenService {
    issuer: Arc<dyn Issuer>,
    registry: Arc<TokenRegistry>,
    entropy: Arc<dyn Entropy>,
    refreshing: Option<Arc<Refreshing>>,
    counters: Arc<Counters>,
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
            refreshing: refreshing.map(Arc::new),
            counters: Arc::default(),
        })
    }

    /// The same service over another issuer of the same sessions, such as the one that a [`KeyBound`](crate::KeyBound)
    /// wraps. Both count together.
    #[must_use]
    pub fn over(&self, issuer: Arc<dyn Issuer>) -> Self {
        Self { issuer, ..self.clone() }
    }

    /// The issuer, which is a verifier too.
    pub fn issuer(&self) -> &Arc<dyn Issuer> {
        &self.issuer
    }

    /// Whether its sessions are refreshed, and so outlive their access tokens.
    pub fn refreshes(&self) -> bool {
        self.refreshing.is_some()
    }

    /// What it has done, for metrics.
    pub fn counters(&self) -> TokenCounters {
        self.counters.read()
    }

    /// Issues the token for a grant, and a refresh token where this service refreshes.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn sign_in(&self, mut grant: Grant) -> Result<SignedIn, IssueError> {
        let (subject, generation) = (grant.subject, grant.generation);
        let scopes = grant.scopes.clone();
        let mut refresh = None;
        if let Some(refreshing) = &self.refreshing {
            let now = self.registry.now();
            let (state, plain) = RefreshState::start(now, &refreshing.seal, &*self.entropy)?;
            grant.refresh = Some(state);
            grant.session_expires_at = Some(now.plus(refreshing.policy.absolute));
            refresh = Some(plain);
        }
        let token = self.issuer.issue(grant).await?;
        let session = SessionRef {
            id: token.session,
            generation,
            subject,
        };
        self.note_issued(&token, subject);
        Ok(SignedIn {
            token,
            refresh,
            session,
            scopes,
        })
    }

    /// Issues a further token for whoever holds the token `maker`, as [`Issuer::issue_from`].
    ///
    /// # Errors
    /// As [`Issuer::issue_from`]; [`IssueError::Unsupported`] also for a service that refreshes: the end of its sessions is not
    /// that of their access tokens.
    pub async fn issue_from(
        &self,
        maker: TokenId,
        ends_at: Option<Timestamp>,
        grant: Grant,
    ) -> Result<IssuedToken, IssueError> {
        self.refuse_if_refreshing()?;
        let subject = grant.subject;
        let token = self.issuer.issue_from(maker, ends_at, grant).await?;
        self.note_issued(&token, subject);
        Ok(token)
    }

    /// Issues a token in the place of another, as [`Issuer::replace`].
    ///
    /// # Errors
    /// As [`issue_from`](Self::issue_from).
    pub async fn replace(&self, old: TokenId, old_ends_at: Timestamp, grant: Grant) -> Result<Replaced, IssueError> {
        self.refuse_if_refreshing()?;
        let subject = grant.subject;
        let replaced = self.issuer.replace(old, old_ends_at, grant).await?;
        self.note_issued(&replaced.token, subject);
        Ok(replaced)
    }

    fn refuse_if_refreshing(&self) -> Result<(), IssueError> {
        match self.refreshes() {
            true => Err(IssueError::Unsupported),
            false => Ok(()),
        }
    }

    fn note_issued(&self, token: &IssuedToken, subject: Subject) {
        note(&self.counters.issued);
        tracing::info!(event = "token_issued", flavour = self.issuer.flavour(), token = %token.session, %subject);
    }

    /// Exchanges a refresh token for a new access token of the same session and the next refresh token.
    ///
    /// However many callers present one token at the same time, there is one successor, and within the grace all of them
    /// get it.
    ///
    /// # Errors
    /// [`RefreshError`]. After [`RefreshError::Unavailable`] the token presented is still valid, or gets its
    /// successor on a retry within the grace.
    ///
    /// # Security
    /// A token used before, outside the grace, revokes its session: two parties had it (RFC 9700 4.14). Text that is not a
    /// refresh token is refused before anything is read.
    pub async fn refresh(&self, presented: &str) -> Result<SignedIn, RefreshError> {
        self.refresh_counted(presented, |_| true).await
    }

    /// As [`refresh`](Self::refresh), for one owner: where the client signs in with each refresh (RFC 6749 section 6). A
    /// refresh token of another owner is unknown, and stays as it is.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn refresh_of(&self, owner: Subject, presented: &str) -> Result<SignedIn, RefreshError> {
        self.refresh_counted(presented, |session| session.token.subject == owner)
            .await
    }

    async fn refresh_counted(
        &self,
        presented: &str,
        allowed: impl Fn(&RefreshSession) -> bool,
    ) -> Result<SignedIn, RefreshError> {
        let refreshed = self.refresh_if(presented, allowed).await;
        refreshed.inspect_err(|error| self.counters.note_refused(error))
    }

    async fn refresh_if(
        &self,
        presented: &str,
        allowed: impl Fn(&RefreshSession) -> bool,
    ) -> Result<SignedIn, RefreshError> {
        let refreshing = self.refreshing.as_ref().ok_or(RefreshError::Unknown)?;
        let readings = RefreshToken::read(presented, &refreshing.seal).ok_or(RefreshError::Malformed)?;
        for _ in 0..READS {
            let (session, presented) = self.session_of(&readings).await?;
            if !allowed(&session) {
                return Err(RefreshError::Unknown);
            }
            let now = self.registry.now();
            if has_ended(&session, now) {
                return Err(RefreshError::Expired);
            }
            let decision = session
                .refresh
                .decide(presented, now, &refreshing.policy, &refreshing.seal);
            let (successor, counter) = match decision {
                Decision::Rotate => (
                    self.rotate(&session, presented, now, refreshing).await?,
                    &self.counters.refreshed,
                ),
                Decision::Replay(successor) => (Some(successor), &self.counters.retried),
                Decision::Reused => return Err(self.revoke_reused(&session).await),
                Decision::Unknown => return Err(RefreshError::Unknown),
                Decision::Expired => return Err(RefreshError::Expired),
            };
            if let Some(successor) = successor {
                let signed_in = self.answer(session, successor).await?;
                note(counter);
                return Ok(signed_in);
            }
        }
        Err(crate::StoreError::Busy("the session was refreshed by others at the same time".into()).into())
    }

    /// Revokes the session of a live token, and with it everything that belongs to it. Of all callers that present one
    /// session's tokens at the same time, exactly one ends it; the others are refused as if they had come later.
    ///
    /// # Errors
    /// [`RevokeError::Rejected`] if the token is not live.
    pub async fn sign_out(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, RevokeError> {
        let token = self.issuer.verify(presented).await?;
        let revoked = self.issuer.revoke(token.session().id);
        if !Provenance::current().because(Cause::SignOut).scope(revoked).await? {
            return Err(Rejection::Revoked.into());
        }
        note(&self.counters.revoked);
        tracing::info!(event = "token_revoked", flavour = self.issuer.flavour(), token = %token.session().id, subject = %token.subject());
        Ok(token)
    }

    /// The session of a refresh token, by the first of its readings that has one.
    async fn session_of<'a>(
        &self,
        readings: &'a [RefreshToken],
    ) -> Result<(RefreshSession, &'a RefreshToken), RefreshError> {
        for presented in readings {
            let found = self.registry.store().find_session(&presented.selector()).await?;
            let ours = found.filter(|session| *session.token.flavour == *self.issuer.flavour());
            if let Some(session) = ours {
                return Ok((session, presented));
            }
        }
        Err(RefreshError::Unknown)
    }

    /// The successor, if this caller won the rotation.
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
        let reference = record.session();
        let scopes = record.scopes.clone();
        let mut grant = Grant::new(record.subject, record.generation, record.realm, record.scopes);
        grant.session = Some(reference);
        let token = self.issuer.issue(grant).await.map_err(|error| match error {
            IssueError::NotEntitled | IssueError::Unsupported => RefreshError::Unknown,
            IssueError::Unavailable(error) => RefreshError::Unavailable(error),
        })?;
        tracing::info!(event = "token_refreshed", flavour = self.issuer.flavour(), token = %record.id, subject = %record.subject);
        Ok(SignedIn {
            token,
            refresh: Some(refresh),
            session: reference,
            scopes,
        })
    }

    /// Revokes the session. The reuse is reported only after that is done.
    async fn revoke_reused(&self, session: &RefreshSession) -> RefreshError {
        let (id, subject) = (session.token.id, session.token.subject);
        let revoked = self.registry.revoke(id);
        match Provenance::current().because(Cause::Reuse).scope(revoked).await {
            Ok(true) => {
                tracing::warn!(event = "refresh_reused", flavour = self.issuer.flavour(), token = %id, %subject);
                RefreshError::Reused
            }
            Ok(false) => RefreshError::Unknown,
            Err(error) => error.into(),
        }
    }
}

/// Whether the session has reached its end. One that a wrong clock began in the future has: nobody knows when its life
/// would be over.
fn has_ended(session: &RefreshSession, now: Timestamp) -> bool {
    let record = &session.token;
    record.expires_at.is_some_and(|end| end <= now) || record.is_from_the_future(now)
}
