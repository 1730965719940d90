//! The extractors.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use auth_core::VerifiedToken;
use auth_http::{Authenticator, Caller, RejectedRequest};
use serde::de::DeserializeOwned;

use crate::head::Head;
use crate::rejection::AuthRejection;

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, AuthRejection>>>>;

/// A caller whose token was verified. A handler that takes it runs only for such callers.
///
/// Needs an [`Authenticator`] among the application's data (`app_data(web::Data::new(authenticator))`), or
/// [`RequireAuth`](crate::RequireAuth) around the handler; without either every request is answered 503.
///
/// For a handler that also serves callers without a token, take [`MaybeAuthenticated`], never `Option<Authenticated>`: that
/// is actix-web's own, and takes a revoked token, or a database that does not answer, for a caller without one.
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

/// The caller, or `None` for a request without a token. A token that is not valid is rejected all the same.
#[derive(Clone, Debug)]
pub struct MaybeAuthenticated(pub Option<Authenticated>);

/// What the caller's token says, as a type of the service: the claims of a signed token, or the members of an introspection
/// response.
///
/// ```
/// use actix_web::{HttpResponse, get};
/// use auth_actix::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Workshop {
///     user_id: i64,
/// }
///
/// #[get("/invoices")]
/// async fn invoices(Claims(workshop): Claims<Workshop>) -> HttpResponse {
///     HttpResponse::Ok().body(format!("the invoices of workshop {}", workshop.user_id))
/// }
/// ```
///
/// The verifier must keep them: `JwtVerifier::keeping_claims`, or a `RemoteVerifier`.
#[derive(Clone, Copy, Debug)]
pub struct Claims<C>(pub C);

impl FromRequest for Authenticated {
    type Error = AuthRejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { extract(&request).await.map_err(logged) })
    }
}

impl FromRequest for MaybeAuthenticated {
    type Error = AuthRejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match extract(&request).await {
                Ok(caller) => Ok(Self(Some(caller))),
                Err(rejected) if rejected.is_without_token() => Ok(Self(None)),
                Err(rejected) => Err(logged(rejected)),
            }
        })
    }
}

impl<C: DeserializeOwned> FromRequest for Claims<C> {
    type Error = AuthRejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = extract(&request).await.map_err(logged)?;
            Ok(Self(caller.0.claims().map_err(logged)?))
        })
    }
}

/// The caller of a request, which is authenticated once, however many extractors ask.
async fn extract(request: &HttpRequest) -> Result<Authenticated, RejectedRequest> {
    let authenticator = authenticator_of(request).ok_or_else(RejectedRequest::not_configured)?;
    if let Some(caller) = authenticated_by(&authenticator, request) {
        return Ok(Authenticated(caller));
    }
    let caller = authenticator.authenticate(Head::of(request)).await?;
    request.extensions_mut().insert(caller.clone());
    Ok(Authenticated(caller))
}

/// The authenticator of the innermost scope that has one among its data; otherwise that of the middleware.
fn authenticator_of(request: &HttpRequest) -> Option<Authenticator> {
    let of_data = request.app_data::<web::Data<Authenticator>>();
    of_data
        .map(|data| data.get_ref().clone())
        .or_else(|| request.extensions().get().cloned())
}

/// The caller, if this authenticator has authenticated it before in the same request.
pub(crate) fn authenticated_by(authenticator: &Authenticator, request: &impl HttpMessage) -> Option<Caller> {
    let known = request.extensions().get::<Caller>().cloned();
    known.filter(|caller| authenticator.made(caller))
}

fn logged(rejected: RejectedRequest) -> AuthRejection {
    rejected.log();
    rejected.into()
}
