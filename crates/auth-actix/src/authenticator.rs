//! All verifiers of a service behind one question.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use auth_core::{Rejection, VerifiedToken, Verifier, VerifyError};

use crate::carrier::{Carriers, Credential};
use crate::rejection::AuthRejection;

/// One verifier, and how its tokens are carried.
#[derive(Clone, Debug)]
pub struct AuthScheme {
    /// How tokens for this verifier come.
    pub carriers: Carriers,
    /// The verifier.
    pub verifier: Arc<dyn Verifier>,
}

/// The schemes of a service. A token opens the one scheme whose verifier issued it, or none.
#[derive(Clone, Debug, Default)]
pub struct Authenticator {
    schemes: Arc<[AuthScheme]>,
    challenge: Arc<str>,
}

impl Authenticator {
    /// A authenticator of these schemes. `realm` stands in the challenge that a refused caller gets; characters that could leave
    /// the quotes are left out of it.
    pub fn new(schemes: Vec<AuthScheme>, realm: &str) -> Self {
        let safe = |c: &char| c.is_ascii_graphic() && *c != '"' && *c != '\\';
        let realm: String = realm.chars().filter(safe).collect();
        Self {
            schemes: schemes.into(),
            challenge: format!("Bearer realm=\"{realm}\"").into(),
        }
    }

    /// Checks the token that the headers carry.
    ///
    /// # Errors
    /// [`AuthRejection`]: without a token, with an unreadable or rejected one, or when nobody can know.
    ///
    /// # Security
    /// Every scheme that takes this kind of carrier is asked, and the first that recognises its own token decides.
    /// Trouble at one scheme is never a yes; it is told as trouble only if no other scheme recognises the token.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<VerifiedToken, AuthRejection> {
        let credential = match Credential::read(headers) {
            Ok(Some(credential)) => credential,
            Ok(None) => return Err(AuthRejection::absent(&self.challenge)),
            Err(_) => return Err(AuthRejection::invalid(&self.challenge, Rejection::Malformed)),
        };
        let mut rejection = AuthRejection::invalid(&self.challenge, Rejection::Unknown);
        for scheme in self.schemes.iter().filter(|scheme| credential.fits(scheme.carriers)) {
            match scheme.verifier.verify(&credential.presented()).await {
                Ok(token) => return Ok(token),
                Err(VerifyError::Unavailable(trouble)) => rejection = AuthRejection::unavailable(trouble),
                Err(VerifyError::Rejected(reason)) => rejection = rejection.or_rejected(&self.challenge, reason),
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
