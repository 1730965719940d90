//! HTTP for all handlers: a bounded body, the client's address, routes, and answers in a dialect's shape.

mod body;
mod fixed_route;
pub(crate) mod header_values;
pub(crate) mod late;
pub(crate) mod panic;
mod presented;
mod reply;
pub(crate) mod request_id;
mod routes;
#[cfg(feature = "otel")]
mod server_span;
mod source;
mod trace_context;

pub use body::Body;
pub use fixed_route::FixedRoute;
pub use presented::{authorization, presented};
pub use reply::{HandlerError, respond};
pub use routes::{Routes, endpoint};
pub use source::Proxies;

pub(crate) use fixed_route::error_schema;
pub(crate) use reply::{described, mark_refused, not_found, nothing_here};
use routes::only_get;
