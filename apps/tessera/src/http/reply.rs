//! Turns outcomes into HTTP answers, for all dialects.

use std::error::Error;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use auth_core::{
    Entropy, IssueError, RefreshError, RevokeError, SignInError, StoreError, SystemEntropy, Unavailable, VerifyError,
    random_bytes,
};
use consumer_auth::{ResourceServerError, VouchError};
use dialects::description::{Response, Schema};
use dialects::{Answer, CorruptRecord, RejectionFormatter, RequestRejection};

use crate::metrics::refusal_index;

/// The HTTP answer for an outcome, in the dialect's own shape if it is a rejection.
pub fn respond(dialect: &dyn RejectionFormatter, outcome: Result<Answer, HandlerError>) -> HttpResponse {
    match outcome {
        Ok(answer) => http(answer),
        Err(HandlerError(rejection)) => {
            tracing::debug!(event = "request_refused", reason = %rejection);
            let mut response = http(dialect.answer(&rejection));
            mark_refused(&mut response, &rejection);
            response
        }
    }
}

/// Says of an answer that it refuses a request: it is counted, and may be sent late.
pub(crate) fn mark_refused(response: &mut HttpResponse, rejection: &RequestRejection) {
    let reason = refusal_index(rejection);
    response.extensions_mut().insert(Refused { reason });
}

/// What is not there, outside the flavours.
pub(crate) async fn not_found() -> HttpResponse {
    nothing_here()
}

/// The answer where nothing is there.
pub(crate) fn nothing_here() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("application/json")
        .body(r#"{"error":"not found"}"#)
}

/// Marks the answer to a request that a dialect refused: it may be sent late (see `late.rs`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    /// Why, as metrics count it.
    pub(super) reason: usize,
}

/// The HTTP form of a finished answer.
pub(super) fn http(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in answer.headers {
        response.insert_header(header);
    }
    response.body(answer.body)
}

/// The description of a JSON answer that belongs to no dialect: status and body are those of this example.
pub(crate) fn described(example: HttpResponse, meaning: &'static str, schema: &Schema, name: &'static str) -> Response {
    let status = example.status().as_u16();
    let body = example.into_body().try_into_bytes().unwrap_or_default();
    let answer = Answer {
        status,
        headers: Vec::new(),
        body: body.to_vec(),
    };
    Response::of(&answer, meaning, schema, name)
}

/// The error of a handler. All errors are turned into one here and only here.
#[derive(Debug)]
pub struct HandlerError(pub RequestRejection);

impl From<RequestRejection> for HandlerError {
    fn from(rejection: RequestRejection) -> Self {
        Self(rejection)
    }
}

impl From<SignInError> for HandlerError {
    fn from(error: SignInError) -> Self {
        Self(match error {
            SignInError::UnknownLogin => RequestRejection::UnknownUser,
            SignInError::WrongPassword => RequestRejection::WrongCredentials,
            SignInError::Throttled(throttled) => RequestRejection::Throttled {
                retry_after_seconds: seconds(throttled.retry_after),
            },
            SignInError::Busy(busy) => RequestRejection::Busy {
                retry_after_seconds: seconds(busy.retry_after),
            },
            error => trouble(&error),
        })
    }
}

impl From<IssueError> for HandlerError {
    fn from(error: IssueError) -> Self {
        Self(match error {
            // Disabled, or its password changed, between check and issue: to the client, a wrong password.
            IssueError::NotEntitled => RequestRejection::WrongCredentials,
            error => trouble(&error),
        })
    }
}

impl From<RefreshError> for HandlerError {
    fn from(error: RefreshError) -> Self {
        Self(match error {
            RefreshError::Unavailable(Unavailable::TooManyUnknown) => TOO_MANY_UNKNOWN,
            RefreshError::Unavailable(error) => trouble(&error),
            _ => RequestRejection::WrongCredentials,
        })
    }
}

impl From<RevokeError> for HandlerError {
    fn from(error: RevokeError) -> Self {
        Self(match error {
            RevokeError::Rejected(_) => RequestRejection::NotAuthenticated { token_sent: true },
            RevokeError::Unavailable(Unavailable::TooManyUnknown) => TOO_MANY_UNKNOWN,
            error => trouble(&error),
        })
    }
}

impl From<VouchError> for HandlerError {
    fn from(error: VouchError) -> Self {
        Self(match error {
            VouchError::Refused => RequestRejection::WrongCredentials,
            VouchError::Throttled(throttled) => RequestRejection::Throttled {
                retry_after_seconds: seconds(throttled.retry_after),
            },
            VouchError::OverQuota(over) => RequestRejection::Throttled {
                retry_after_seconds: seconds(over.retry_after),
            },
            error => trouble(&error),
        })
    }
}

impl From<VerifyError> for HandlerError {
    fn from(error: VerifyError) -> Self {
        Self(match error {
            VerifyError::Rejected(_) => RequestRejection::NotAuthenticated { token_sent: true },
            VerifyError::Unavailable(Unavailable::TooManyUnknown) => TOO_MANY_UNKNOWN,
            error => trouble(&error),
        })
    }
}

impl From<ResourceServerError> for HandlerError {
    fn from(error: ResourceServerError) -> Self {
        Self(match error {
            ResourceServerError::Refused => RequestRejection::WrongCredentials,
            ResourceServerError::Throttled(throttled) => RequestRejection::Throttled {
                retry_after_seconds: seconds(throttled.retry_after),
            },
            ResourceServerError::OverQuota(over) => RequestRejection::Throttled {
                retry_after_seconds: seconds(over.retry_after),
            },
            error => trouble(&error),
        })
    }
}

impl From<auth_core::StoreError> for HandlerError {
    fn from(error: auth_core::StoreError) -> Self {
        Self(trouble(&error))
    }
}

impl From<CorruptRecord> for HandlerError {
    fn from(error: CorruptRecord) -> Self {
        tracing::error!(event = "answered_500", %error);
        Self(RequestRejection::Internal)
    }
}

/// The source gets some of its allowance back within a second.
const TOO_MANY_UNKNOWN: RequestRejection = RequestRejection::Throttled { retry_after_seconds: 1 };

/// An error on the server's side: the log has the details, the client gets the time after which to try again. A damaged
/// record does not mend itself, so there is no such time.
fn trouble(error: &(dyn Error + 'static)) -> RequestRejection {
    if is_corrupt(error) {
        tracing::error!(event = "answered_500", %error);
        return RequestRejection::Internal;
    }
    tracing::error!(event = "unavailable", %error);
    RequestRejection::Unavailable {
        retry_after_seconds: jittered(1, 3),
    }
}

fn is_corrupt(error: &(dyn Error + 'static)) -> bool {
    let store = match error.downcast_ref() {
        Some(Unavailable::Store(store)) => Some(store),
        _ => error.downcast_ref(),
    };
    matches!(store, Some(StoreError::Corrupt(_))) || error.source().is_some_and(is_corrupt)
}

/// Between `low` and `high` seconds, so that clients that were refused together do not retry together.
fn jittered(low: u32, high: u32) -> u32 {
    let entropy: &dyn Entropy = &SystemEntropy;
    let [byte] = random_bytes(entropy).unwrap_or([0]);
    low + u32::from(byte) % (high - low + 1)
}

/// Whole seconds, rounded up, at least one.
fn seconds(duration: Duration) -> u32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(whole.max(1)).unwrap_or(u32::MAX)
}
