//! The extractors.

use auth_core::VerifiedToken;
use auth_http::{Authenticator, Caller, RejectedRequest};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::Extensions;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::head::Head;
use crate::rejection::AuthRejection;

/// A caller whose token was verified. A handler that takes it runs only for such callers; one that takes
/// `Option<Authenticated>` runs also for requests without a token, and never for one with a token that is not valid.
///
/// Needs an [`Authenticator`] among the request's extensions (`.layer(Extension(authenticator))`), or
/// [`RequireAuth`](crate::RequireAuth) around the handler; without either every request is answered 503.
#[derive(Clone, Debug)]
pub struct Authenticated(Caller);

impl Authenticated {
    /// The caller's token.
    pub const fn token(&self) -> &VerifiedToken {
        self.0.token()
    }

    /// Lets the caller on only if the token has this permission, byte for byte.
    ///
    /// # Errors
    /// [`AuthRejection`] with status 403 and `error="insufficient_scope"` (RFC 6750 3.1).
    pub fn require(&self, permission: &str) -> Result<(), AuthRejection> {
        self.require_all(&[permission])
    }

    /// Lets the caller on only if the token has all of these permissions.
    ///
    /// # Errors
    /// As [`Self::require`].
    pub fn require_all(&self, permissions: &[&str]) -> Result<(), AuthRejection> {
        Ok(self.0.require_all(permissions)?)
    }

    /// Lets the caller on only if the token has at least one of these permissions.
    ///
    /// # Errors
    /// As [`Self::require`].
    pub fn require_any(&self, permissions: &[&str]) -> Result<(), AuthRejection> {
        Ok(self.0.require_any(permissions)?)
    }

    /// What the token says, as a type of the service ([`Claims`] is the same as an extractor).
    ///
    /// # Errors
    /// [`AuthRejection`] with status 401 if it is not of this type, with status 503 if the verifier keeps no claims.
    pub fn claims<C: DeserializeOwned>(&self) -> Result<C, AuthRejection> {
        Ok(self.0.claims()?)
    }
}

/// What the caller's token says, as a type of the service: the claims of a signed token, or the members of an introspection
/// response.
///
/// ```
/// use auth_axum::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Workshop {
///     user_id: i64,
/// }
///
/// async fn invoices(Claims(workshop): Claims<Workshop>) -> String {
///     format!("the invoices of workshop {}", workshop.user_id)
/// }
/// # let _: axum::Router = axum::Router::new().route("/invoices", axum::routing::get(invoices));
/// ```
///
/// The verifier must keep them: `JwtVerifier::keeping_claims`, or a `RemoteVerifier`.
#[derive(Clone, Copy, Debug)]
pub struct Claims<C>(pub C);

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        extract(parts).await.map_err(logged)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Authenticated {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        match extract(parts).await {
            Ok(caller) => Ok(Some(caller)),
            Err(rejected) if rejected.is_without_token() => Ok(None),
            Err(rejected) => Err(logged(rejected)),
        }
    }
}

impl<C: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Claims<C> {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let caller = extract(parts).await.map_err(logged)?;
        Ok(Self(caller.0.claims().map_err(logged)?))
    }
}

/// The caller of a request, which is authenticated once, however many extractors ask.
async fn extract(parts: &mut Parts) -> Result<Authenticated, RejectedRequest> {
    let authenticator = parts.extensions.get::<Authenticator>().cloned();
    let authenticator = authenticator.ok_or_else(RejectedRequest::not_configured)?;
    if let Some(caller) = authenticated_by(&authenticator, &parts.extensions) {
        return Ok(Authenticated(caller));
    }
    let caller = authenticator.authenticate(Head::of(parts)).await?;
    parts.extensions.insert(caller.clone());
    Ok(Authenticated(caller))
}

/// The caller, if this authenticator has authenticated it before in the same request.
pub(crate) fn authenticated_by(authenticator: &Authenticator, extensions: &Extensions) -> Option<Caller> {
    let known = extensions.get::<Caller>().cloned();
    known.filter(|caller| authenticator.made(caller))
}

fn logged(rejected: RejectedRequest) -> AuthRejection {
    rejected.log();
    rejected.into()
}
