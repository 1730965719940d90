//! What the laws about services say often.

use std::sync::Arc;
use std::time::Duration;

use crate::harness::{Owner, Renewal, ServiceHarness, Session};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::Supported;

pub(super) type Harness = Arc<dyn ServiceHarness>;

pub(super) const TICK: Duration = Duration::from_millis(1);

/// Words in which a law speaks.
#[async_trait::async_trait]
pub(super) trait ServiceAssertions {
    async fn signed_in(&self, owner: &Owner) -> Session;
    /// The refresh must work, and its access token with it.
    async fn renews(&self, refresh: &str, when: &str) -> Session;
    /// The refresh must be refused, and not for trouble of ours.
    async fn refuses(&self, refresh: &str, when: &str);
    /// The whole session must be dead: each access token and each refresh token.
    async fn is_dead(&self, session: &Session, when: &str);
    /// Lets the grace after a rotation pass.
    async fn outwait_grace(&self) -> Supported<()>;
}

#[async_trait::async_trait]
impl ServiceAssertions for Harness {
    async fn signed_in(&self, owner: &Owner) -> Session {
        let session = self.sign_in(owner).await;
        session.unwrap_or_else(|why| panic!("nobody was signed in: {why:?}"))
    }

    async fn renews(&self, refresh: &str, when: &str) -> Session {
        let session = match self.refresh(refresh).await {
            Renewal::Renewed(session) => session,
            other => panic!("{when}: a good refresh token was answered {other:?}"),
        };
        self.accepts(&session.token, when).await;
        session
    }

    async fn refuses(&self, refresh: &str, when: &str) {
        let answer = self.refresh(refresh).await;
        assert!(
            answer.is_refused(),
            "{when}: a refresh token that is no good was answered {answer:?}"
        );
    }

    async fn is_dead(&self, session: &Session, when: &str) {
        self.refuses(&session.refresh, when).await;
        self.rejects(&session.token, when).await;
    }

    async fn outwait_grace(&self) -> Supported<()> {
        self.advance(self.policy().grace).await
    }
}
