//! All verifiers of a service behind one question.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use auth_core::{PresentedToken, Rejection, VerifiedToken, Verifier, VerifyError};

use crate::carrier::{Carriers, Credential};
use crate::rejection::AuthRejection;

/// Tells the source of a request.
type TellSource = dyn Fn(&HttpRequest) -> IpAddr + Send + Sync;

/// What tells the source of a request, if anything does.
#[derive(Clone, Default)]
struct SourceOf(Option<Arc<TellSource>>);

impl fmt::Debug for SourceOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceOf({})", self.0.is_some())
    }
}

/// One verifier, and how its tokens are carried.
#[derive(Clone, Debug)]
pub struct AuthScheme {
    /// How tokens for this verifier come.
    pub carriers: Carriers,
    /// The verifier.
    pub verifier: Arc<dyn Verifier>,
}

/// The schemes of a service. A token is valid for one scheme at most: that of its issuer.
#[derive(Clone, Debug, Default)]
pub struct Authenticator {
    schemes: Arc<[AuthScheme]>,
    challenge: Arc<str>,
    source: SourceOf,
    #[cfg(feature = "test-support")]
    acting_as: Option<VerifiedToken>,
}

impl Authenticator {
    /// An authenticator for these schemes. `realm` is sent in the challenge of a rejection; characters that could end its
    /// quotes are left out.
    pub fn new(schemes: Vec<AuthScheme>, realm: &str) -> Self {
        let safe = |c: &char| c.is_ascii_graphic() && *c != '"' && *c != '\\';
        let realm: String = realm.chars().filter(safe).collect();
        Self {
            schemes: schemes.into(),
            challenge: format!("Bearer realm=\"{realm}\"").into(),
            source: SourceOf::default(),
            #[cfg(feature = "test-support")]
            acting_as: None,
        }
    }

    /// Bounds how many unknown tokens are looked up for one source, which `source` tells of a request: its peer, or what a
    /// trusted proxy says. Without it they are not bounded.
    #[must_use]
    pub fn with_source(self, source: impl Fn(&HttpRequest) -> IpAddr + Send + Sync + 'static) -> Self {
        Self {
            source: SourceOf(Some(Arc::new(source))),
            ..self
        }
    }

    /// A stand-in for tests of handlers: authenticates every request, with or without a token, as `subject` with
    /// exactly these permissions.
    ///
    /// ```
    /// use actix_web::{App, test, web};
    /// use auth_actix::{Authenticated, Authenticator};
    /// use auth_core::Subject;
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// let authenticator = Authenticator::acting_as(Subject(7), ["games.read"]);
    /// let handler = |caller: Authenticated| async move { caller.token().subject().to_string() };
    /// let app = App::new().app_data(web::Data::new(authenticator)).route("/", web::get().to(handler));
    ///
    /// let app = test::init_service(app).await;
    /// let body = test::call_and_read_body(&app, test::TestRequest::get().to_request()).await;
    /// assert_eq!(body, "7");
    /// # });
    /// ```
    ///
    /// # Panics
    /// If a permission is not a name that a token can carry: then the test is wrong.
    ///
    /// # Security
    /// It checks nothing. The feature `test-support` belongs under `[dev-dependencies]` only.
    #[cfg(feature = "test-support")]
    pub fn acting_as<'a>(subject: auth_core::Subject, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        let stand_in = auth_core::testing::acting_as(subject, permissions);
        Self {
            acting_as: Some(stand_in.token()),
            ..Self::new(Vec::new(), "test")
        }
    }

    /// Checks the token that a request's headers carry.
    ///
    /// # Errors
    /// [`AuthRejection`]: without a token, with an unreadable or rejected one, or when the token cannot be checked.
    ///
    /// # Security
    /// Every scheme that takes this kind of carrier is asked, and the first that recognises its own token decides.
    /// A scheme that is unavailable never accepts a token. The answer is 503 (500 for a damaged record) only if no other scheme accepts it.
    pub async fn authenticate(&self, request: &HttpRequest) -> Result<VerifiedToken, AuthRejection> {
        #[cfg(feature = "test-support")]
        if let Some(token) = &self.acting_as {
            return Ok(token.clone());
        }
        let credential = match Credential::read(request.headers()) {
            Ok(Some(credential)) => credential,
            Ok(None) => return Err(AuthRejection::absent(&self.challenge)),
            Err(_) => return Err(AuthRejection::invalid(&self.challenge, Rejection::Malformed)),
        };
        let source = self.source.0.as_ref().map(|source| source(request));
        let mut rejection = AuthRejection::invalid(&self.challenge, Rejection::Unknown);
        let schemes = self.schemes.iter().enumerate();
        for (place, scheme) in schemes.filter(|(_, scheme)| credential.fits(scheme.carriers)) {
            let presented = PresentedToken {
                source,
                ..credential.presented()
            };
            match scheme.verifier.verify(&presented).await {
                Ok(token) => return Ok(token),
                Err(VerifyError::Unavailable(reason)) => rejection = AuthRejection::unavailable(reason),
                Err(VerifyError::Rejected(reason)) => {
                    rejection = rejection.or_rejected(&self.challenge, reason, place);
                }
                Err(_) => {}
            }
        }
        Err(rejection)
    }

    /// The challenge for a caller without a valid token.
    pub fn challenge(&self) -> &Arc<str> {
        &self.challenge
    }
}
