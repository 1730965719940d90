//! A path that belongs to no flavour, mounted together with its description.

use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder};
use dialects::description::{Operation, Schema};
use serde_json::json;

use super::{Routes, only_get, panic, reply};

/// The methods that OpenAPI knows.
const ANY: &[&str] = &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// A path that belongs to no flavour, what answers there, and what it takes and answers. There is no other way to mount
/// such a path of the API, so `/openapi.json` lists all of them. The console's pages are for people and no part of it.
///
/// A handler that needs state captures it: `move |request: HttpRequest| answer(state.clone(), request)`.
#[derive(Debug, Clone)]
pub struct FixedRoute {
    path: String,
    methods: &'static [&'static str],
    operation: Operation,
    routes: Routes,
}

impl FixedRoute {
    /// A path that answers GET, and HEAD without a body.
    pub fn get<F, Args>(path: impl Into<String>, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args> + Clone + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let path = path.into();
        let at = path.clone();
        let register = move |config: &mut ServiceConfig| {
            config.service(only_get(&at, handler.clone()));
        };
        Self::new(path, &["GET"], operation, Routes::new(register))
    }

    /// A path that answers POST.
    pub fn post<F, Args>(path: impl Into<String>, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args> + Clone + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let refuse = || async {
            HttpResponse::MethodNotAllowed()
                .insert_header(("Allow", "POST"))
                .finish()
        };
        let path = path.into();
        let at = path.clone();
        let register = move |config: &mut ServiceConfig| {
            let resource = web::resource(at.as_str()).default_service(web::to(refuse));
            let resource = resource.route(web::post().to(handler.clone()));
            config.service(panic::guarded(resource, panic::plain));
        };
        Self::new(path, &["POST"], operation, Routes::new(register))
    }

    /// A path that answers any method in the same way.
    pub fn any<F, Args>(path: impl Into<String>, handler: F, operation: Operation) -> Self
    where
        F: Handler<Args> + Clone + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let path = path.into();
        let at = path.clone();
        let register = move |config: &mut ServiceConfig| {
            let resource = web::resource(at.as_str()).to(handler.clone());
            config.service(panic::guarded(resource, panic::plain));
        };
        Self::new(path, ANY, operation, Routes::new(register))
    }

    /// A path with routes of its own. The operation describes each of these methods.
    pub fn new(
        path: impl Into<String>,
        methods: &'static [&'static str],
        operation: Operation,
        routes: Routes,
    ) -> Self {
        let internal = reply::described(panic::plain(), "An error in the server.", &error_schema(), "internal");
        Self {
            path: path.into(),
            methods,
            operation: operation.responds(internal),
            routes,
        }
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The methods that are described, in upper case.
    pub fn methods(&self) -> &'static [&'static str] {
        self.methods
    }

    /// What each of the methods takes and answers.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }
}

/// The schema of `{"error":"…"}`, the error of paths that belong to no flavour.
pub(crate) fn error_schema() -> Schema {
    let text = json!({ "type": "string" });
    Schema::new(
        "Error",
        json!({ "type": "object", "required": ["error"], "properties": { "error": text } }),
    )
}
