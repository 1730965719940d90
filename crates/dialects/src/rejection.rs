//! Everything a client can be told instead of an answer.

use thiserror::Error;

use crate::field::FieldError;

/// Why a request gets no success, in the words of no dialect.
///
/// The decoders produce the first few; the server adds what it finds out later, and a [`RejectionFormatter`](crate::RejectionFormatter)
/// turns any of them into status, headers and body. `Display` is for logs, not for clients.
///
/// # Security
/// No variant carries text from the request or from an error below, so none can reflect or reveal it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestRejection {
    /// The body is not what its media type says, or not one object, or names a member twice.
    #[error("the body is malformed")]
    Malformed,
    /// One field is missing or has no usable value.
    #[error("field {}: {}", .0.field, .0.kind)]
    Field(FieldError),
    /// The password, consumer token or refresh token is not right. Also the answer to a disabled account, so that
    /// the two look the same.
    #[error("wrong credentials")]
    WrongCredentials,
    /// No such login name. Every dialect but login, and login too where it conceals this, answers exactly as to
    /// [`RequestRejection::WrongCredentials`].
    #[error("unknown user")]
    UnknownUser,
    /// The endpoint needs a live token and did not get one.
    #[error("not authenticated")]
    NotAuthenticated {
        /// Whether a token was presented at all (RFC 6750 section 3: only then does the challenge name an error).
        token_sent: bool,
    },
    /// The token is good and lacks a permission (RFC 6750 section 3.1, `insufficient_scope`).
    #[error("forbidden")]
    Forbidden,
    /// Nothing is at this path.
    #[error("not found")]
    NotFound,
    /// The path exists and does not answer this method.
    #[error("method not allowed")]
    MethodNotAllowed {
        /// The value of the `Allow` header, such as `POST`.
        allow: &'static str,
    },
    /// The body is longer than [`MAX_BODY`](crate::MAX_BODY).
    #[error("the body is too large")]
    TooLarge,
    /// The media type is missing or not one the endpoint reads, or the body is compressed.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Too many failed logins for this name or from this address.
    #[error("throttled for {retry_after_seconds} s")]
    Throttled {
        /// Seconds until another attempt is looked at.
        retry_after_seconds: u32,
    },
    /// The password queue is full.
    #[error("busy for {retry_after_seconds} s")]
    Busy {
        /// Seconds to wait, jittered by the caller.
        retry_after_seconds: u32,
    },
    /// The body did not arrive in time.
    #[error("the request took too long to arrive")]
    Timeout,
    /// Something is wrong on our side that waiting will not mend, such as a corrupt row.
    #[error("internal error")]
    Internal,
    /// Something we depend on does not answer at the moment, such as the database.
    #[error("unavailable for {retry_after_seconds} s")]
    Unavailable {
        /// Seconds to wait, jittered by the caller.
        retry_after_seconds: u32,
    },
}

impl From<FieldError> for RequestRejection {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl RequestRejection {
    /// The seconds of `Retry-After`, where waiting helps.
    pub(crate) fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Throttled { retry_after_seconds }
            | Self::Busy { retry_after_seconds }
            | Self::Unavailable { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        }
    }
}
