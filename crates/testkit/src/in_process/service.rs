//! [`InProcess`] as a harness for laws about services.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Grant, IssueError, PresentedToken, RefreshError, RefreshPolicy, RevokeError, SignedIn, TokenId, TokenService,
    VerifiedToken,
};

use super::node::{issued, not_issued, revocation};
use super::{InProcess, Node};
use crate::failing::{Action, Moment, StoreCall};
use crate::harness::{Issued, NotIssued, Owner, Renewal, Revocation, ServiceHarness, Session};
use crate::law::Supported;

/// The methods of [`TokenService`], so that a broken service can replace it.
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync + 'static {
    /// As [`TokenService::sign_in`].
    ///
    /// # Errors
    /// As there.
    async fn sign_in(&self, grant: Grant) -> Result<SignedIn, IssueError>;

    /// As [`TokenService::refresh`].
    ///
    /// # Errors
    /// As there.
    async fn refresh(&self, presented: &str) -> Result<SignedIn, RefreshError>;

    /// As [`TokenService::sign_out`].
    ///
    /// # Errors
    /// As there.
    async fn sign_out(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, RevokeError>;
}

#[async_trait]
impl Sessions for TokenService {
    async fn sign_in(&self, grant: Grant) -> Result<SignedIn, IssueError> {
        Self::sign_in(self, grant).await
    }

    async fn refresh(&self, presented: &str) -> Result<SignedIn, RefreshError> {
        Self::refresh(self, presented).await
    }

    async fn sign_out(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, RevokeError> {
        Self::sign_out(self, presented).await
    }
}

impl Node {
    pub(super) fn sessions(&self) -> &dyn Sessions {
        let sessions = self.sessions.as_deref();
        sessions.expect("an issuer that records its sessions")
    }
}

impl InProcess {
    async fn refresh_at(&self, node: &Node, text: &str) -> Renewal {
        match node.sessions().refresh(text).await {
            Ok(signed_in) => Renewal::Renewed(self.session(&signed_in)),
            Err(RefreshError::Unavailable(_)) => Renewal::Unavailable,
            Err(_) => Renewal::Refused,
        }
    }

    fn session(&self, signed_in: &SignedIn) -> Session {
        let refresh = signed_in.refresh.as_ref();
        Session {
            token: self.with_key(Some(signed_in.session.id), issued(&signed_in.token)),
            refresh: refresh.expect("a service that refreshes").expose().to_owned(),
            number: Some(signed_in.session.id),
        }
    }
}

#[async_trait]
impl ServiceHarness for InProcess {
    fn policy(&self) -> RefreshPolicy {
        self.policy
    }

    fn rotations(&self) -> usize {
        self.rotations
    }

    async fn sign_in(&self, owner: &Owner) -> Result<Session, NotIssued> {
        let signed_in = self.here.sessions().sign_in(self.grant(owner).await).await;
        signed_in.map(|signed_in| self.session(&signed_in)).map_err(not_issued)
    }

    async fn refresh(&self, text: &str) -> Renewal {
        self.refresh_at(&self.here, text).await
    }

    async fn session_number(&self, token: &Issued) -> Supported<TokenId> {
        let presented = PresentedToken {
            text: &token.text,
            key: token.key.as_deref(),
            source: None,
        };
        let verified = self.here.issuer.verify(&presented).await;
        Ok(verified.expect("a token that was just issued").session().id)
    }

    async fn sign_out(&self, token: &Issued) -> Revocation {
        let presented = PresentedToken {
            text: &token.text,
            key: token.key.as_deref(),
            source: None,
        };
        revocation(self.here.sessions().sign_out(&presented).await)
    }

    async fn refresh_elsewhere(&self, text: &str) -> Supported<Renewal> {
        Ok(self.refresh_at(&self.elsewhere, text).await)
    }

    async fn refresh_foreign(&self, text: &str) -> Supported<Renewal> {
        Ok(self.refresh_at(&self.foreign, text).await)
    }

    async fn turn_clock_back(&self, by: Duration) -> Supported<()> {
        self.clock.turn_back(by);
        Ok(())
    }

    async fn fail_nth(&self, nth: u64, moment: Moment) -> Supported<()> {
        self.store.fail_nth(nth, moment);
        Ok(())
    }

    async fn clear_fault(&self) -> Supported<bool> {
        Ok(self.store.clear_fault())
    }

    async fn meanwhile(&self, moment: Moment, call: StoreCall, action: Action) -> Supported<()> {
        self.store.meanwhile(moment, call, action);
        Ok(())
    }
}
