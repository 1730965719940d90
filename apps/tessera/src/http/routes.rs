//! Routes, and the resource of one endpoint.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, FromRequest, Handler, HttpResponse, Resource, Responder};
use dialects::description::Operation;
use dialects::{Endpoint, RejectionFormatter, RequestRejection};

use super::{panic, reply};

/// What a flavour adds to the server. Every worker thread of the server registers it once.
#[derive(Clone)]
pub struct Routes {
    register: Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>,
    operations: Vec<(Endpoint, Operation)>,
}

impl Routes {
    /// Routes that `register` adds.
    pub fn new(register: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self {
            register: Arc::new(register),
            operations: Vec::new(),
        }
    }

    /// Describes what is answered at the flavour's endpoints, for `/openapi.json` and `/docs`. An endpoint without a
    /// description is listed there by its path and method alone.
    #[must_use]
    pub fn describing(mut self, operations: impl IntoIterator<Item = (Endpoint, Operation)>) -> Self {
        self.operations.extend(operations);
        self
    }

    /// The described endpoints.
    pub(crate) fn operations(&self) -> &[(Endpoint, Operation)] {
        &self.operations
    }

    pub(crate) fn register(&self, config: &mut ServiceConfig) {
        (self.register)(config);
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Routes")
    }
}

/// The resource of a dialect's endpoint under the flavour's mount path, with `state` for its handler
/// (`web::Data<F>`). The caller adds the one route; every other method is refused in the dialect's own shape, and a panic
/// of the handler is answered in it.
pub fn endpoint<F: 'static>(
    endpoint: Endpoint,
    mount_path: &str,
    state: &Arc<F>,
    formatter: Arc<dyn RejectionFormatter>,
) -> Resource<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + 'static
    + use<F>,
> {
    let panicked = {
        let formatter = formatter.clone();
        move || reply::http(formatter.answer(&RequestRejection::Internal))
    };
    let refuse = move || {
        let rejection = RequestRejection::MethodNotAllowed { allow: endpoint.method };
        let answer = formatter.answer(&rejection);
        async move { reply::http(answer) }
    };
    let resource = web::resource(endpoint.path(mount_path))
        .app_data(Data::from(state.clone()))
        .default_service(web::to(refuse));
    panic::guarded(resource, panicked)
}

/// A plain resource that answers GET and HEAD.
pub(crate) fn only_get<F, Args>(
    path: &str,
    handler: F,
) -> Resource<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + 'static
    + use<F, Args>,
>
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let refuse = || async {
        HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, HEAD"))
            .finish()
    };
    let resource = web::resource(path.to_owned())
        .default_service(web::to(refuse))
        .route(web::method(Method::HEAD).to(handler.clone()))
        .route(web::get().to(handler));
    panic::guarded(resource, panic::plain)
}
