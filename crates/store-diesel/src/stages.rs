//! A span for each operation, for traces.

use tracing::Span;

/// The time from the request for an operation to its end. `kind`: `read`, `write`, or `feed`. Costs next to nothing unless
/// something records it.
pub(crate) fn database(kind: &'static str) -> Span {
    tracing::debug_span!("database", kind)
}
