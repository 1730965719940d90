//! Why a request was refused, before any dialect puts it into words.

use thiserror::Error;

use crate::field_error::{FieldError, FieldErrorKind};

/// Why a request gets no success, in terms that all dialects share.
///
/// The decoders produce [`Malformed`](Self::Malformed), [`Field`](Self::Field), [`TooLarge`](Self::TooLarge) and
/// [`UnsupportedMediaType`](Self::UnsupportedMediaType); the server adds the rest. A
/// [`RejectionFormatter`](crate::RejectionFormatter) turns any of them into status, headers and body. `Display` is for
/// logs, not for clients.
///
/// # Security
/// No variant carries text from the request or from an error inside the server, so no answer can reflect or reveal
/// any.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestRejection {
    /// The body is not what its media type says, or not one object, or names a member twice.
    #[error("the body is malformed")]
    Malformed,
    /// One field is missing or has no usable value.
    #[error(transparent)]
    Field(FieldError),
    /// The password, consumer token, client secret or refresh token is wrong. Also the answer for a disabled account,
    /// so that clients cannot distinguish the two.
    #[error("wrong credentials")]
    WrongCredentials,
    /// No account has this login name. Every dialect but login answers exactly as to
    /// [`RequestRejection::WrongCredentials`], and login too if it conceals unknown users.
    #[error("unknown user")]
    UnknownUser,
    /// The endpoint needs an active token and got none.
    #[error("not authenticated")]
    NotAuthenticated {
        /// Whether a token was presented at all (RFC 6750 section 3: only then does the challenge name an error).
        token_sent: bool,
    },
    /// The token is valid and lacks a permission (RFC 6750 section 3.1, `insufficient_scope`).
    #[error("forbidden")]
    Forbidden,
    /// There is nothing at this path.
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
    /// The media type is missing or not one that the endpoint reads, or the body is compressed.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Too many failed logins for this name or from this address.
    #[error("throttled for {retry_after_seconds} s")]
    Throttled {
        /// Seconds until the next attempt is checked.
        retry_after_seconds: u32,
    },
    /// The queue of password checks is full.
    #[error("busy for {retry_after_seconds} s")]
    Busy {
        /// Seconds to wait, jittered by the caller.
        retry_after_seconds: u32,
    },
    /// The body did not arrive in time.
    #[error("the request took too long to arrive")]
    Timeout,
    /// An error in the server that does not go away by waiting, such as a corrupt row.
    #[error("internal error")]
    Internal,
    /// Something that the server needs does not answer at the moment, such as the database.
    #[error("unavailable for {retry_after_seconds} s")]
    Unavailable {
        /// Seconds to wait, jittered by the caller.
        retry_after_seconds: u32,
    },
    /// A rejection that only one dialect has, such as `unsupported_grant_type` of RFC 6749 section 5.2. The dialect's
    /// decoder or handler makes it, and its formatter knows the code.
    #[error("{code}")]
    DialectSpecific {
        /// The name of the rejection in the dialect's document.
        code: &'static str,
    },
}

impl From<FieldError> for RequestRejection {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl RequestRejection {
    /// The status code that HTTP has for this (RFC 9110 section 15, RFC 6585 section 4). A dialect overrides it only
    /// where its document has another.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed | Self::Field(_) | Self::DialectSpecific { .. } => 400,
            Self::WrongCredentials | Self::UnknownUser | Self::NotAuthenticated { .. } => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::Timeout => 408,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Throttled { .. } => 429,
            Self::Internal => 500,
            Self::Busy { .. } | Self::Unavailable { .. } => 503,
        }
    }

    /// One rejection of each kind, for tests of a [`RejectionFormatter`](crate::RejectionFormatter). Later versions
    /// may add more.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let retry_after_seconds = 7;
        vec![
            Self::Malformed,
            Self::Field(FieldError::new("field", FieldErrorKind::Missing)),
            Self::WrongCredentials,
            Self::UnknownUser,
            Self::NotAuthenticated { token_sent: false },
            Self::NotAuthenticated { token_sent: true },
            Self::Forbidden,
            Self::NotFound,
            Self::MethodNotAllowed { allow: "POST" },
            Self::TooLarge,
            Self::UnsupportedMediaType,
            Self::Throttled { retry_after_seconds },
            Self::Busy { retry_after_seconds },
            Self::Timeout,
            Self::Internal,
            Self::Unavailable { retry_after_seconds },
            Self::DialectSpecific { code: "sample" },
        ]
    }

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
