//! What the laws about issuers say often.

use std::sync::Arc;

use auth_core::Capabilities;

use crate::harness::{Accepted, Issued, IssuerHarness, Owner, Revocation, Verdict};
use crate::law::{Supported, Unsupported};

pub(crate) type Harness = Arc<dyn IssuerHarness>;

/// Words in which a law speaks.
#[async_trait::async_trait]
pub(crate) trait IssuerAssertions {
    async fn issued(&self, owner: &Owner) -> Issued;
    async fn verdict(&self, token: &Issued) -> Verdict;
    /// The token must be good.
    async fn accepts(&self, token: &Issued, when: &str) -> Accepted;
    /// The token must be refused, and not for trouble of ours.
    async fn rejects(&self, token: &Issued, when: &str);
    /// No text but a good one may be taken for one.
    async fn refuses_text(&self, text: &str, key: Option<&str>, what: &str);
    async fn revokes(&self, token: &Issued);
    fn able(&self, able: impl Fn(Capabilities) -> bool + Send, lacking: &'static str) -> Supported<()>;
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
            other => panic!("{when}: a good token was answered {other:?}"),
        }
    }

    async fn rejects(&self, token: &Issued, when: &str) {
        let verdict = self.verdict(token).await;
        assert!(verdict.is_no(), "{when}: a dead token was answered {verdict:?}");
    }

    async fn refuses_text(&self, text: &str, key: Option<&str>, what: &str) {
        let verdict = self.verify(text, key).await;
        assert!(verdict.is_no(), "{what} was answered {verdict:?}");
    }

    async fn revokes(&self, token: &Issued) {
        let revocation = self.revoke(token).await;
        assert_eq!(revocation, Revocation::Done, "revoking a live token");
    }

    fn able(&self, able: impl Fn(Capabilities) -> bool + Send, lacking: &'static str) -> Supported<()> {
        match able(self.profile().capabilities) {
            true => Ok(()),
            false => Err(Unsupported(lacking)),
        }
    }
}

/// The issuer can revoke, and so hears of barred owners and new generations too.
pub(crate) fn revocable<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.able(|can| can.revocable, "the issuer cannot revoke")
}

/// The issuer makes a record for each grant.
pub(crate) fn recorded<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.able(|can| can.recorded, "the issuer records nothing")
}

/// The issuer binds its tokens to keys.
pub(crate) fn key_bound<H: IssuerHarness + ?Sized>(harness: &Arc<H>) -> Supported<()> {
    harness.able(|can| can.key_bound, "the issuer binds to no key")
}
