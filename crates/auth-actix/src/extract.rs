//! The extractor, and the guard on scopes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use auth_core::VerifiedToken;

use crate::authenticator::Authenticator;
use crate::rejection::AuthRejection;

/// A caller whose token was verified. A handler that takes it runs only for such callers.
///
/// Needs an [`Authenticator`] among the application's data (`app_data(web::Data::new(authenticator))`); without one every
/// request is answered 503.
#[derive(Clone, Debug)]
pub struct Authenticated {
    token: VerifiedToken,
    challenge: Arc<str>,
}

impl Authenticated {
    /// The caller's token.
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// Lets the caller on only if the token carries this scope, byte for byte.
    ///
    /// # Errors
    /// [`AuthRejection`] with status 403 and `error="insufficient_scope"` (RFC 6750 3.1).
    pub fn require(&self, scope: &str) -> Result<(), AuthRejection> {
        match self.token.scopes().contains(scope) {
            true => Ok(()),
            false => Err(AuthRejection::scope(&self.challenge, scope_for_header(scope))),
        }
    }
}

impl FromRequest for Authenticated {
    type Error = AuthRejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AuthRejection>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let authenticator = request.app_data::<web::Data<Authenticator>>().cloned();
        let request = request.clone();
        Box::pin(async move {
            let authenticator = authenticator.ok_or_else(AuthRejection::not_configured)?;
            let token = authenticator.authenticate(&request).await?;
            Ok(Self {
                token,
                challenge: authenticator.challenge().clone(),
            })
        })
    }
}

/// A scope name for a quoted header value; one that is not allowed there is left out.
fn scope_for_header(scope: &str) -> String {
    auth_core::Scope::parse(scope)
        .map(|scope| scope.to_string())
        .unwrap_or_default()
}
