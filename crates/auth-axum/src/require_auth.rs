//! A tower layer for a whole router or any other service.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use auth_http::{Authenticator, Caller, ExpiryNotice, RejectedRequest, Requirement};
use axum::http::header::HeaderName;
use axum::http::request::Parts;
use axum::http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::extract::authenticated_by;
use crate::head::Head;
use crate::rejection::response;

const TOKEN_EXPIRES_AT: HeaderName = HeaderName::from_static("token-expires-at");

/// A layer that lets only requests with a valid token through to the service that it wraps, and, where that is required,
/// with permissions. It also serves the extractors in that service.
///
/// ```
/// use auth_axum::{Authenticator, RequireAuth};
/// use axum::Router;
/// use axum::routing::get;
///
/// fn app(authenticator: Authenticator) -> Router {
///     let games = Router::new()
///         .route("/games", get(async || "the games"))
///         .route_layer(RequireAuth::new(authenticator).any_of(["games.read", "games.write"]));
///     Router::new().route("/healthz", get(async || "alive")).merge(games)
/// }
/// ```
///
/// With CORS, add this layer first and `CorsLayer` after it: `Router::layer` puts each layer around those before it. So the
/// preflight, which carries no token, is answered, and a refusal carries the CORS headers.
///
/// It is a layer for any service of tower over `http` requests whose response body can be made of bytes.
#[derive(Clone, Debug)]
pub struct RequireAuth {
    authenticator: Authenticator,
    requirement: Arc<Requirement>,
    notice: Option<ExpiryNotice>,
}

impl RequireAuth {
    /// A valid token is required.
    pub fn new(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            requirement: Arc::default(),
            notice: None,
        }
    }

    /// And all of these permissions.
    ///
    /// # Panics
    /// If a name is not one that a token can carry, or none is given: a mistake in the program, found when it starts.
    #[must_use]
    pub fn all_of<'a>(self, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        self.requiring(|requirement| requirement.and_all_of(permissions))
    }

    /// And at least one of these permissions.
    ///
    /// # Panics
    /// As [`Self::all_of`].
    #[must_use]
    pub fn any_of<'a>(self, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        self.requiring(|requirement| requirement.and_any_of(permissions))
    }

    fn requiring(self, more: impl FnOnce(Requirement) -> Requirement) -> Self {
        let requirement = Arc::new(more(Requirement::clone(&self.requirement)));
        Self { requirement, ..self }
    }

    /// Answers that the guarded routes make say of a token that expires soon when it does.
    #[must_use]
    pub fn expiry_notice(self, notice: ExpiryNotice) -> Self {
        let notice = Some(notice);
        Self { notice, ..self }
    }

    async fn admit(&self, parts: &Parts) -> Result<Caller, RejectedRequest> {
        match authenticated_by(&self.authenticator, &parts.extensions) {
            Some(caller) => caller.require(&self.requirement).map(|()| caller),
            None => self.authenticator.admit(Head::of(parts), &self.requirement).await,
        }
    }
}

impl<S> Layer<S> for RequireAuth {
    type Service = RequireAuthService<S>;

    fn layer(&self, service: S) -> Self::Service {
        RequireAuthService {
            service,
            guard: self.clone(),
        }
    }
}

/// [`RequireAuth`] around a service.
#[derive(Clone, Debug)]
pub struct RequireAuthService<S> {
    service: S,
    guard: RequireAuth,
}

impl<S, B, R> Service<Request<B>> for RequireAuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Vec<u8>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let clone = self.service.clone();
        let mut service = mem::replace(&mut self.service, clone);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match guard.admit(&parts).await {
                Ok(caller) => {
                    let expires_at = guard.notice.as_ref().and_then(|notice| notice.of(caller.token()));
                    parts.extensions.insert(caller);
                    parts.extensions.insert(guard.authenticator);
                    let mut response = service.call(Request::from_parts(parts, body)).await?;
                    if let Some(expires_at) = expires_at {
                        response.headers_mut().insert(TOKEN_EXPIRES_AT, expires_at.into());
                    }
                    Ok(response)
                }
                Err(rejected) => {
                    rejected.log();
                    Ok(response(rejected.answer()))
                }
            }
        })
    }
}
