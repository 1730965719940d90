//! A caller whose token was verified.

use std::sync::Arc;

use auth_core::{Rejection, Scope, VerifiedToken};
use serde::de::DeserializeOwned;

use crate::answer::Answers;
use crate::rejection::RejectedRequest;
use crate::requirement::Requirement;

/// A caller whose token was verified. Only an [`Authenticator`](crate::Authenticator) makes one.
#[derive(Clone, Debug)]
pub struct Caller {
    token: VerifiedToken,
    answers: Arc<Answers>,
}

impl Caller {
    pub(crate) fn new(token: VerifiedToken, answers: Arc<Answers>) -> Self {
        Self { token, answers }
    }

    /// The caller's token.
    pub const fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// The caller's token, by value.
    pub fn into_token(self) -> VerifiedToken {
        self.token
    }

    /// Lets the caller on only if the token meets this requirement.
    ///
    /// # Errors
    /// [`RejectedRequest`] with status 403 and `error="insufficient_scope"` (RFC 6750 3.1).
    pub fn require(&self, requirement: &Requirement) -> Result<(), RejectedRequest> {
        match requirement.is_met_by(self.token.scopes()) {
            true => Ok(()),
            false => Err(RejectedRequest::missing(&self.answers, requirement.names())),
        }
    }

    /// Lets the caller on only if the token has all of these permissions, byte for byte.
    ///
    /// # Errors
    /// As [`Self::require`].
    pub fn require_all(&self, names: &[&str]) -> Result<(), RejectedRequest> {
        match names.iter().all(|name| self.token.scopes().contains(name)) {
            true => Ok(()),
            false => Err(self.missing(names)),
        }
    }

    /// Lets the caller on only if the token has at least one of these permissions, byte for byte.
    ///
    /// # Errors
    /// As [`Self::require`].
    pub fn require_any(&self, names: &[&str]) -> Result<(), RejectedRequest> {
        match names.iter().any(|name| self.token.scopes().contains(name)) {
            true => Ok(()),
            false => Err(self.missing(names)),
        }
    }

    /// What the token says, as a type of the service: the claims of a signed token, or the members of an introspection
    /// response.
    ///
    /// The verifier must keep them (`JwtVerifier::keeping_claims`, `RemoteVerifier`).
    ///
    /// # Errors
    /// [`RejectedRequest`] with status 401 if they are not of this type, and with status 503 if the verifier keeps none, which is
    /// a mistake in how the service is put together.
    pub fn claims<C: DeserializeOwned>(&self) -> Result<C, RejectedRequest> {
        let Some(json) = self.token.claims_json() else {
            tracing::error!(event = "claims_not_kept", "the verifier keeps no claims");
            return Err(RejectedRequest::not_configured());
        };
        serde_json::from_str(json).map_err(|_| RejectedRequest::invalid(&self.answers, Rejection::BadClaims))
    }

    /// A name that no permission can have is not repeated in the challenge.
    fn missing(&self, names: &[&str]) -> RejectedRequest {
        let names: Vec<Scope> = names.iter().filter_map(|name| Scope::parse(name).ok()).collect();
        RejectedRequest::missing(&self.answers, &names)
    }

    /// Whether this authenticator made it.
    pub(crate) fn is_of(&self, answers: &Arc<Answers>) -> bool {
        Arc::ptr_eq(&self.answers, answers)
    }
}
