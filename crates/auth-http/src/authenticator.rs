//! All verifiers of a service behind one question.

use std::sync::Arc;

use auth_core::{PresentedToken, Rejection, Scope, Unavailable, VerifiedToken, Verifier, VerifyError};

use crate::answer::{Answers, RejectionAnswer};
use crate::caller::Caller;
use crate::carrier::{CarrierError, Carriers, Credential};
use crate::proxies::TrustedProxies;
use crate::rejection::RejectedRequest;
use crate::request_head::RequestHead;
use crate::requirement::Requirement;

/// One verifier, and how its tokens are carried.
#[derive(Clone, Debug)]
pub struct AuthScheme {
    /// How tokens for this verifier come.
    pub carriers: Carriers,
    /// The verifier.
    pub verifier: Arc<dyn Verifier>,
}

/// The schemes of a service. A token is valid for one scheme at most: that of its issuer.
///
/// A clone shares everything with its original.
#[derive(Clone, Debug)]
pub struct Authenticator {
    schemes: Arc<[AuthScheme]>,
    answers: Arc<Answers>,
    proxies: Option<Arc<TrustedProxies>>,
    #[cfg(feature = "test-support")]
    acting_as: Option<VerifiedToken>,
}

impl Authenticator {
    /// An authenticator for these schemes. `realm` is sent in the challenge of a rejection; characters that could end its
    /// quotes are left out.
    pub fn new(schemes: Vec<AuthScheme>, realm: &str) -> Self {
        Self {
            schemes: schemes.into(),
            answers: Arc::new(Answers::for_realm(realm)),
            proxies: None,
            #[cfg(feature = "test-support")]
            acting_as: None,
        }
    }

    /// An authenticator for the tokens of one verifier, which come as `Authorization: Bearer`.
    pub fn bearer(verifier: impl Verifier, realm: &str) -> Self {
        let scheme = AuthScheme {
            carriers: Carriers::BEARER,
            verifier: Arc::new(verifier),
        };
        Self::new(vec![scheme], realm)
    }

    /// Bounds how many unknown tokens are looked up for one client, whose address is that of the connection, or the one
    /// that a trusted proxy reports. Without this they are not bounded.
    #[must_use]
    pub fn with_trusted_proxies(self, proxies: TrustedProxies) -> Self {
        let proxies = Some(Arc::new(proxies));
        Self { proxies, ..self }
    }

    /// Answers rejected requests in the service's own way: the hook gets the usual answer and may change its status,
    /// headers and body.
    ///
    /// # Security
    /// The answer must not depend on [`RejectedRequest::reason`], which is for logs. A status that is no redirect or error
    /// is replaced by the usual one.
    #[must_use]
    pub fn with_answer(
        self,
        hook: impl Fn(&RejectedRequest, RejectionAnswer) -> RejectionAnswer + Send + Sync + 'static,
    ) -> Self {
        let answers = Arc::new(self.answers.formatted(hook));
        Self { answers, ..self }
    }

    /// A stand-in for tests of handlers: authenticates every request, with or without a token, as `subject` with
    /// exactly these permissions. For a token with claims, a flavour or a realm, use
    /// `Authenticator::from(auth_core::testing::acting_as(…))`.
    ///
    /// # Panics
    /// If a permission is not a name that a token can carry: then the test is wrong.
    ///
    /// # Security
    /// It checks nothing. The feature `test-support` belongs under `[dev-dependencies]` only.
    #[cfg(feature = "test-support")]
    pub fn acting_as<'a>(subject: auth_core::Subject, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        auth_core::testing::acting_as(subject, permissions).into()
    }

    /// Checks the token that a request carries.
    ///
    /// # Errors
    /// [`RejectedRequest`]: without a token, with an unreadable or rejected one, or when the token cannot be checked.
    ///
    /// # Security
    /// Every scheme that takes this kind of carrier is asked, and the first that recognises its own token decides.
    /// A scheme that is unavailable never accepts a token. The answer is 503 (500 for a damaged record) only if no other scheme accepts it.
    pub async fn authenticate<'a>(&self, head: impl RequestHead<'a>) -> Result<Caller, RejectedRequest> {
        let token = self.verify(head).await?;
        Ok(Caller::new(token, self.answers.clone()))
    }

    /// Checks the token that a request carries, and its permissions.
    ///
    /// # Errors
    /// As [`Self::authenticate`] and [`Caller::require`].
    pub async fn admit<'a>(
        &self,
        head: impl RequestHead<'a>,
        requirement: &Requirement,
    ) -> Result<Caller, RejectedRequest> {
        let caller = self.authenticate(head).await?;
        caller.require(requirement)?;
        Ok(caller)
    }

    /// The rejection of a valid token that lacks one of these permissions.
    pub fn missing_permission<'a>(&self, needed: impl IntoIterator<Item = &'a Scope>) -> RejectedRequest {
        RejectedRequest::missing(&self.answers, needed)
    }

    /// The rejection of a request that cannot be decided now.
    pub fn unavailable(&self, reason: Unavailable) -> RejectedRequest {
        RejectedRequest::unavailable(&self.answers, reason)
    }

    /// Whether this caller was authenticated by this authenticator, or by a clone of it.
    pub fn made(&self, caller: &Caller) -> bool {
        caller.is_of(&self.answers)
    }

    fn credential<'a>(&self, head: impl RequestHead<'a>) -> Result<Option<Credential<'a>>, CarrierError> {
        let takes_api_keys = || self.schemes.iter().any(|scheme| scheme.carriers.api_key);
        match Credential::read(head)? {
            None if takes_api_keys() => Credential::api_key(head),
            read => Ok(read),
        }
    }

    async fn verify<'a>(&self, head: impl RequestHead<'a>) -> Result<VerifiedToken, RejectedRequest> {
        #[cfg(feature = "test-support")]
        if let Some(token) = &self.acting_as {
            return Ok(token.clone());
        }
        let credential = match self.credential(head) {
            Ok(Some(credential)) => credential,
            Ok(None) => return Err(RejectedRequest::absent(&self.answers)),
            Err(_) => return Err(RejectedRequest::invalid(&self.answers, Rejection::Malformed)),
        };
        let source = self.proxies.as_ref().map(|proxies| proxies.source(head));
        let mut rejection = RejectedRequest::invalid(&self.answers, Rejection::Unknown);
        let schemes = self.schemes.iter().enumerate();
        for (place, scheme) in schemes.filter(|(_, scheme)| credential.fits(scheme.carriers)) {
            let presented = PresentedToken {
                source,
                ..credential.presented()
            };
            match auth_core::verify(&*scheme.verifier, &presented).await {
                Ok(token) => return Ok(token),
                Err(VerifyError::Unavailable(reason)) => {
                    rejection = RejectedRequest::unavailable(&self.answers, reason);
                }
                Err(VerifyError::Rejected(reason)) => rejection = rejection.or_rejected(reason, place),
                Err(_) => {}
            }
        }
        Err(rejection)
    }
}

/// Accepts every request as this token, with or without a token of its own.
#[cfg(feature = "test-support")]
impl From<auth_core::testing::ActingAs> for Authenticator {
    fn from(stand_in: auth_core::testing::ActingAs) -> Self {
        Self {
            acting_as: Some(stand_in.token()),
            ..Self::new(Vec::new(), "test")
        }
    }
}
