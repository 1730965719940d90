//! The answer to a caller who is rejected: opaque, whatever the reason.

use std::fmt;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use auth_core::{Rejection, StoreError, Unavailable};

/// Why a caller was rejected. The reason is for our log; the client learns the status and the challenge of
/// RFC 6750 3, and nothing else.
#[derive(Clone, Debug)]
pub struct AuthRejection(Reason);

/// Why a caller was rejected, for metrics: of each there are few.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// There is no token.
    Absent,
    /// The token is not valid.
    Invalid(Rejection),
    /// The token is valid and lacks a scope.
    Scope,
    /// The token cannot be checked now.
    Unavailable(Unavailable),
    /// The application has no authenticator.
    NotConfigured,
}

#[derive(Clone, Debug)]
enum Reason {
    Absent {
        challenge: Arc<str>,
    },
    Invalid {
        challenge: Arc<str>,
        reason: Rejection,
        scheme: Option<usize>,
    },
    Scope {
        challenge: Arc<str>,
        needed: String,
    },
    Unavailable(Unavailable),
    NotConfigured,
}

impl AuthRejection {
    pub(crate) fn absent(challenge: &Arc<str>) -> Self {
        Self(Reason::Absent {
            challenge: challenge.clone(),
        })
    }

    pub(crate) fn invalid(challenge: &Arc<str>, reason: Rejection) -> Self {
        Self(Reason::Invalid {
            challenge: challenge.clone(),
            reason,
            scheme: None,
        })
    }

    pub(crate) fn unavailable(reason: Unavailable) -> Self {
        Self(Reason::Unavailable(reason))
    }

    /// The application has no authenticator: a mistake of its author.
    pub(crate) fn not_configured() -> Self {
        Self(Reason::NotConfigured)
    }

    /// A caller whose token is good but does not carry what is needed. `needed` is a space-separated list of scopes.
    pub fn scope(challenge: &Arc<str>, needed: String) -> Self {
        Self(Reason::Scope {
            challenge: challenge.clone(),
            needed,
        })
    }

    /// This rejection; but if it only says that the token is not the scheme's own, one with `reason`, of this scheme.
    pub(crate) fn or_rejected(self, challenge: &Arc<str>, reason: Rejection, scheme: usize) -> Self {
        match self.0 {
            Reason::Invalid { scheme: None, .. } => Self(Reason::Invalid {
                challenge: challenge.clone(),
                reason,
                scheme: (!is_foreign(reason)).then_some(scheme),
            }),
            _ => self,
        }
    }

    /// Why, for metrics.
    pub fn kind(&self) -> RejectionKind {
        match &self.0 {
            Reason::Absent { .. } => RejectionKind::Absent,
            Reason::Invalid { reason, .. } => RejectionKind::Invalid(*reason),
            Reason::Scope { .. } => RejectionKind::Scope,
            Reason::Unavailable(reason) => RejectionKind::Unavailable(reason.clone()),
            Reason::NotConfigured => RejectionKind::NotConfigured,
        }
    }

    /// Which of the schemes recognised the token as its own and rejected it: its place in the list that
    /// [`Authenticator::new`](crate::Authenticator::new) was given. `None`: no scheme did.
    pub fn scheme(&self) -> Option<usize> {
        match &self.0 {
            Reason::Invalid { scheme, .. } => *scheme,
            _ => None,
        }
    }

    /// Why, in a few words, for logs and metrics.
    pub fn reason(&self) -> String {
        match &self.0 {
            Reason::Absent { .. } => "no token".into(),
            Reason::Invalid { reason, .. } => reason.to_string(),
            Reason::Scope { .. } => "insufficient scope".into(),
            Reason::Unavailable(reason) => reason.to_string(),
            Reason::NotConfigured => "no Authenticator in the application's data".into(),
        }
    }

    /// The challenge that goes with it, if any.
    fn challenge(&self) -> Option<String> {
        match &self.0 {
            Reason::Absent { challenge } => Some(challenge.to_string()),
            Reason::Invalid { challenge, .. } => Some(format!("{challenge}, error=\"invalid_token\"")),
            Reason::Scope { challenge, needed } => {
                Some(format!("{challenge}, error=\"insufficient_scope\", scope=\"{needed}\""))
            }
            Reason::Unavailable(_) | Reason::NotConfigured => None,
        }
    }
}

/// Whether a scheme says by this that the token is none of its own.
fn is_foreign(reason: Rejection) -> bool {
    matches!(
        reason,
        Rejection::Unknown | Rejection::Malformed | Rejection::UnknownKey | Rejection::WrongFlavour
    )
}

impl fmt::Display for AuthRejection {
    /// What the client gets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Absent { .. } | Reason::Invalid { .. } => "unauthorized",
            Reason::Scope { .. } => "forbidden",
            Reason::Unavailable(_) | Reason::NotConfigured => "unavailable",
        })
    }
}

impl std::error::Error for AuthRejection {}

impl ResponseError for AuthRejection {
    fn status_code(&self) -> StatusCode {
        match self.0 {
            Reason::Absent { .. } | Reason::Invalid { .. } => StatusCode::UNAUTHORIZED,
            Reason::Scope { .. } => StatusCode::FORBIDDEN,
            Reason::Unavailable(Unavailable::Store(StoreError::Corrupt(_))) => StatusCode::INTERNAL_SERVER_ERROR,
            Reason::Unavailable(_) | Reason::NotConfigured => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if let Some(challenge) = self.challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if self.status_code() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response
            .content_type("application/json")
            .body(format!("{{\"error\":\"{self}\"}}"))
    }
}
