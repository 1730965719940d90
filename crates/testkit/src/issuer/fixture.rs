//! What the laws about issuers share.

use std::sync::Arc;

use auth_core::Capabilities;

use crate::harness::{Accepted, Issued, IssuerHarness, Owner, Revocation, Verdict};
use crate::law::{Supported, Unsupported};

pub(crate) type Harness = Arc<dyn IssuerHarness>;

/// Assertions of the laws about issuers.
#[async_trait::async_trait]
pub(crate) trait IssuerAssertions {
    async fn issued(&self, owner: &Owner) -> Issued;
    async fn verdict(&self, token: &Issued) -> Verdict;
    /// The token must be accepted.
    async fn accepts(&self, token: &Issued, when: &str) -> Accepted;
    /// The token must be refused, and not because of a failure of the server.
    async fn rejects(&self, token: &Issued, when: &str);
    /// The text must be refused.
    async fn refuses_text(&self, text: &str, key: Option<&str>, what: &str);
    async fn revokes(&self, token: &Issued);
    fn require(&self, has: impl Fn(Capabilities) -> bool + Send, otherwise: &'static str) -> Supported<()>;
}

#[async_trait::async_trait]
impl<H: IssuerHarness + ?Sized> IssuerAssertions for Arc<H> {
    async fn issued(&self, owner: &Owner) -> Issued {
        let issued = self.issue(owner).await;
        issued.unwrap_or_else(|why| panic!("nothing was issued: {why:?}"))
    }

    async fn verdict(&self, token: &Issued) -> Verdict {
        self.verify(&token.text, token.key.as_deref()).await
    }

    async fn accepts(&self, token: &Issued, when: &str) -> Accepted {
        match self.verdict(token).await {
            Verdict::Accepted(accepted) => accepted,
            other => panic!("{when}: a valid token was answered {other:?}"),
        }
    }

    async fn rejects(&self, token: &Issued, when: &str) {
        let verdict = self.verdict(token).await;
        assert!(
            verdict.is_refused(),
            "{when}: an invalid token was answered {verdict:?}"
        );
    }

    async fn refuses_text(&self, text: &str, key: Option<&str>, what: &str) {
        let verdict = self.verify(text, key).await;
        assert!(verdict.is_refused(), "{what} was answered {verdict:?}");
    }

    async fn revokes(&self, token: &Issued) {
        let revocation = self.revoke(token).await;
        assert_eq!(revocation, Revocation::Done, "revoking an active token");
    }

    fn require(&self, has: impl Fn(Capabilities) -> bool + Send, otherwise: &'static str) -> Supported<()> {
        match has(self.profile().capabilities) {
            true => Ok(()),
            false => Err(Unsupported(otherwise)),
        }
    }
}

/// The issuer can revoke, and so it also follows disabled owners and new generations.
pub(crate) fn revocable<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.require(|can| can.revocable, "the issuer cannot revoke")
}

/// The issuer stores a record for each grant.
pub(crate) fn recorded<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.require(|can| can.recorded, "the issuer stores no records")
}

/// The issuer binds its tokens to keys.
pub(crate) fn key_bound<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.require(|can| can.key_bound, "the issuer does not bind tokens to keys")
}
