//! What the laws about services share.

use std::sync::Arc;
use std::time::Duration;

use crate::harness::{Owner, Renewal, ServiceHarness, Session};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::Supported;

pub(super) type Harness = Arc<dyn ServiceHarness>;

pub(super) const TICK: Duration = Duration::from_millis(1);

/// Assertions of the laws about services.
#[async_trait::async_trait]
pub(super) trait ServiceAssertions {
    async fn signed_in(&self, owner: &Owner) -> Session;
    /// The refresh must succeed, and its access token must be accepted.
    async fn renews(&self, refresh: &str, when: &str) -> Session;
    /// The refresh must be refused, and not because of a failure of the server.
    async fn refuses(&self, refresh: &str, when: &str);
    /// The access token and the refresh token of the session must be refused.
    async fn is_revoked(&self, session: &Session, when: &str);
    /// Advances the clock by the grace period after a rotation.
    async fn pass_grace(&self) -> Supported<()>;
}

#[async_trait::async_trait]
impl ServiceAssertions for Harness {
    async fn signed_in(&self, owner: &Owner) -> Session {
        let session = self.sign_in(owner).await;
        session.unwrap_or_else(|why| panic!("the sign-in failed: {why:?}"))
    }

    async fn renews(&self, refresh: &str, when: &str) -> Session {
        let session = match self.refresh(refresh).await {
            Renewal::Renewed(session) => session,
            other => panic!("{when}: a valid refresh token was answered {other:?}"),
        };
        self.accepts(&session.token, when).await;
        session
    }

    async fn refuses(&self, refresh: &str, when: &str) {
        let answer = self.refresh(refresh).await;
        assert!(
            answer.is_refused(),
            "{when}: an invalid refresh token was answered {answer:?}"
        );
    }

    async fn is_revoked(&self, session: &Session, when: &str) {
        self.refuses(&session.refresh, when).await;
        self.rejects(&session.token, when).await;
    }

    async fn pass_grace(&self) -> Supported<()> {
        self.advance(self.policy().grace).await
    }
}
