//! HTTP for all handlers: a bounded body, the client's address, routes, and answers in a dialect's shape.

mod body;
pub(crate) mod late;
pub(crate) mod panic;
mod presented;
mod reply;
pub(crate) mod request_id;
mod routes;
mod source;
mod trace_context;

pub use body::Body;
pub use presented::{authorization, presented};
pub use reply::{HandlerError, respond};
pub use routes::{Routes, endpoint};
pub use source::Proxies;

pub(crate) use reply::not_found;
pub(crate) use routes::only_get;
