//! The rejections of an endpoint, by what the endpoint does, and what each means to a client.

use crate::field_error::{FieldError, FieldErrorKind};
use crate::request_rejection::RequestRejection;

/// An example of how many seconds to wait.
const SECONDS: u32 = 2;

/// Of an endpoint that reads a body.
pub const READING_A_BODY: &[RequestRejection] = &[
    RequestRejection::Malformed,
    RequestRejection::Field(FieldError::new("field", FieldErrorKind::Missing)),
    RequestRejection::TooLarge,
    RequestRejection::UnsupportedMediaType,
    RequestRejection::Timeout,
];

/// Of an endpoint that checks a password, a secret or a refresh token.
pub const CHECKING_CREDENTIALS: &[RequestRejection] = &[
    RequestRejection::WrongCredentials,
    RequestRejection::UnknownUser,
    RequestRejection::Throttled {
        retry_after_seconds: SECONDS,
    },
];

/// Of an endpoint that hashes a password.
pub const HASHING: &[RequestRejection] = &[RequestRejection::Busy {
    retry_after_seconds: SECONDS,
}];

/// Of an endpoint that needs an active token.
pub const NEEDING_A_TOKEN: &[RequestRejection] = &[
    RequestRejection::NotAuthenticated { token_sent: false },
    RequestRejection::NotAuthenticated { token_sent: true },
    RequestRejection::Throttled {
        retry_after_seconds: SECONDS,
    },
];

/// Of every endpoint that uses the store.
pub const ANYWHERE: &[RequestRejection] = &[
    RequestRejection::Internal,
    RequestRejection::Unavailable {
        retry_after_seconds: SECONDS,
    },
];

/// A name and a sentence for clients.
pub(super) fn explain(rejection: &RequestRejection) -> (&'static str, &'static str) {
    match rejection {
        RequestRejection::Malformed => ("malformed", "The body is not what its media type says."),
        RequestRejection::Field(_) => ("field", "A field is missing or has no usable value."),
        RequestRejection::WrongCredentials => ("wrong-credentials", "The credentials are wrong, or not active."),
        RequestRejection::UnknownUser => ("unknown-user", "The name is unknown."),
        RequestRejection::NotAuthenticated { token_sent: false } => ("no-token", "There is no token."),
        RequestRejection::NotAuthenticated { token_sent: true } => ("inactive-token", "The token is not active."),
        RequestRejection::Forbidden => ("forbidden", "The token does not permit this."),
        RequestRejection::NotFound => ("not-found", "There is nothing at this path."),
        RequestRejection::MethodNotAllowed { .. } => ("method", "The path has other methods: see `Allow`."),
        RequestRejection::TooLarge => ("too-large", "The body is longer than 16 KiB."),
        RequestRejection::UnsupportedMediaType => (
            "media-type",
            "The body has no media type, or another one, or is compressed.",
        ),
        RequestRejection::Throttled { .. } => ("throttled", "Too many attempts: try again after `Retry-After`."),
        RequestRejection::Busy { .. } => ("busy", "Too many sign-ins are waiting: try again after `Retry-After`."),
        RequestRejection::Timeout => ("timeout", "The body arrived too slowly."),
        RequestRejection::Internal => ("internal", "An error in the server."),
        RequestRejection::Unavailable { .. } => (
            "unavailable",
            "Something that the server needs does not answer: try again after `Retry-After`.",
        ),
        RequestRejection::DialectSpecific { code } => (code, ""),
    }
}
