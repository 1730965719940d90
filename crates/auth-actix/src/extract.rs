//! The extractor, and the guard on scopes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use auth_core::{Unavailable, VerifiedToken};

use crate::error::Denied;
use crate::gate::Gate;

/// A caller whose token was verified. Handlers that take it are reached by nobody else.
///
/// Needs a [`Gate`] among the application's data (`app_data(web::Data::new(gate))`); without one every request is
/// answered 503.
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
    /// [`Denied`] with status 403 and `error="insufficient_scope"` (RFC 6750 3.1).
    pub fn require(&self, scope: &str) -> Result<(), Denied> {
        match self.token.scopes.contains(scope) {
            true => Ok(()),
            false => Err(Denied::scope(&self.challenge, scope_for_header(scope))),
        }
    }
}

impl FromRequest for Authenticated {
    type Error = Denied;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Denied>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let gate = request.app_data::<web::Data<Gate>>().cloned();
        let request = request.clone();
        Box::pin(async move {
            let gate = gate.ok_or_else(|| Denied::unavailable(Unavailable::NoKey))?;
            let token = gate.admit(request.headers()).await?;
            Ok(Self {
                token,
                challenge: gate.challenge().clone(),
            })
        })
    }
}

/// A scope name as it may stand in a quoted header value; one that may not is left out.
fn scope_for_header(scope: &str) -> String {
    auth_core::Scope::parse(scope)
        .map(|scope| scope.to_string())
        .unwrap_or_default()
}
