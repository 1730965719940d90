//! A middleware for a whole application, scope or resource.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::HeaderName;
use actix_web::{Error, HttpMessage, ResponseError};
use auth_http::{Authenticator, Caller, ExpiryNotice, RejectedRequest, Requirement};

use crate::extract::authenticated_by;
use crate::head::Head;
use crate::rejection::AuthRejection;

const TOKEN_EXPIRES_AT: HeaderName = HeaderName::from_static("token-expires-at");

/// A middleware that lets only requests with a valid token through to the routes that it wraps, and, where that is required,
/// with permissions. It also serves the extractors in these routes.
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use auth_actix::{Authenticator, RequireAuth};
/// # use actix_web::dev::{ServiceFactory, ServiceRequest};
///
/// # fn app(authenticator: Authenticator) -> App<impl ServiceFactory<ServiceRequest, Config = (), Error = actix_web::Error, InitError = ()>> {
/// # async fn list() -> HttpResponse { HttpResponse::Ok().finish() }
/// App::new().service(
///     web::scope("/games")
///         .wrap(RequireAuth::new(authenticator).any_of(["games.read", "games.write"]))
///         .route("", web::get().to(list)),
/// )
/// # }
/// ```
///
/// With CORS, wrap this first and the CORS middleware after it: of two middlewares, actix-web runs the one that was added last
/// first. So the preflight, which carries no token, is answered, and a refusal carries the CORS headers.
#[derive(Clone, Debug)]
pub struct RequireAuth {
    authenticator: Authenticator,
    requirement: Requirement,
    notice: Option<ExpiryNotice>,
}

impl RequireAuth {
    /// A valid token is required.
    pub const fn new(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            requirement: Requirement::none(),
            notice: None,
        }
    }

    /// And all of these permissions.
    ///
    /// # Panics
    /// If a name is not one that a token can carry, or none is given: a mistake in the program, found when it starts.
    #[must_use]
    pub fn all_of<'a>(self, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        let requirement = self.requirement.and_all_of(permissions);
        Self { requirement, ..self }
    }

    /// And at least one of these permissions.
    ///
    /// # Panics
    /// As [`Self::all_of`].
    #[must_use]
    pub fn any_of<'a>(self, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        let requirement = self.requirement.and_any_of(permissions);
        Self { requirement, ..self }
    }

    /// Answers that the guarded routes make say of a token that expires soon when it does.
    #[must_use]
    pub fn expiry_notice(self, notice: ExpiryNotice) -> Self {
        let notice = Some(notice);
        Self { notice, ..self }
    }

    async fn admit(&self, request: &ServiceRequest) -> Result<Caller, RejectedRequest> {
        match authenticated_by(&self.authenticator, request) {
            Some(caller) => caller.require(&self.requirement).map(|()| caller),
            None => {
                let head = Head::of(request.request());
                self.authenticator.admit(head, &self.requirement).await
            }
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequireAuth
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireAuthService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequireAuthService {
            service: Rc::new(service),
            guard: Rc::new(self.clone()),
        }))
    }
}

/// [`RequireAuth`] around a service.
pub struct RequireAuthService<S> {
    service: Rc<S>,
    guard: Rc<RequireAuth>,
}

impl<S> fmt::Debug for RequireAuthService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireAuthService").field(&self.guard).finish()
    }
}

impl<S, B> Service<ServiceRequest> for RequireAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    /// A refusal is a response and not an error, so that every middleware around this one treats it as such.
    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (service, guard) = (self.service.clone(), self.guard.clone());
        Box::pin(async move {
            match guard.admit(&request).await {
                Ok(caller) => {
                    let expires_at = guard.notice.as_ref().and_then(|notice| notice.of(caller.token()));
                    request.extensions_mut().insert(caller);
                    request.extensions_mut().insert(guard.authenticator.clone());
                    let mut response = service.call(request).await?;
                    if let Some(expires_at) = expires_at {
                        response.headers_mut().insert(TOKEN_EXPIRES_AT, expires_at.into());
                    }
                    Ok(response.map_into_left_body())
                }
                Err(rejected) => {
                    rejected.log();
                    let answer = AuthRejection::from(rejected).error_response();
                    Ok(request.into_response(answer).map_into_right_body())
                }
            }
        })
    }
}
