//! What a page answers with, and what goes wrong.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION, RETRY_AFTER};
use auth_core::{PolicyViolation, SetPasswordError, SignInError, StoreError};
use dialects::RequestRejection;
use keystore::{KeyFormatError, KeyringError};
use maud::Markup;
use serde_json::Value;

use super::guard::Act;
use crate::acts::{Refusal, sentence};
use crate::http::HandlerError;

/// What a page answers with.
#[derive(Debug)]
pub(super) enum Reply {
    /// A page of a signed-in operator.
    Page(Page),
    /// Another page, to be read instead. The path begins with the console's.
    See(String),
    /// Another page, to be read instead: that says what was done.
    Done(String, Act),
    /// Numbers for the script.
    Numbers(Value),
}

/// The content of a page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) title: String,
    pub(super) body: Markup,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such page or record.
    NotFound,
    /// The role may not.
    Forbidden,
    /// The form was not sent by a page of this session.
    Foreign,
    /// The page takes other methods only.
    Method(&'static str),
    /// As for every other request of a client.
    Rejected(RequestRejection),
}

impl Page {
    pub(super) fn new(title: impl Into<String>, body: Markup) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.into(),
            body,
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl From<RequestRejection> for Trouble {
    fn from(rejection: RequestRejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<HandlerError> for Trouble {
    fn from(HandlerError(rejection): HandlerError) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        HandlerError::from(error).into()
    }
}

/// The trouble behind the error of an act. The log has the details; the operator gets none.
pub(super) fn trouble(error: &anyhow::Error) -> Trouble {
    if let Some(SetPasswordError::SignIn(error)) = error.chain().find_map(|cause| cause.downcast_ref()) {
        return HandlerError::from(error.clone()).into();
    }
    let store = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(KeyringError::Store(error)) => Some(error),
        _ => cause.downcast_ref::<StoreError>(),
    });
    match store {
        Some(error) => error.clone().into(),
        None => {
            tracing::error!(event = "answered_500", error = format!("{error:#}"));
            Trouble::Rejected(RequestRejection::Internal)
        }
    }
}

/// What an act says to the person who asked, where it refuses: nothing has changed.
pub(super) fn refusal(error: &anyhow::Error) -> Option<String> {
    // One that is the context of another error is no link of the chain.
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(refusal.for_page());
    }
    error.chain().find_map(|cause| {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Some(refusal.for_page());
        }
        if let Some(violation) = cause.downcast_ref::<PolicyViolation>() {
            return Some(sentence(&violation.to_string()));
        }
        if let Some(SetPasswordError::SignIn(SignInError::UnknownLogin | SignInError::WrongPassword)) =
            cause.downcast_ref()
        {
            return Some("The old password is wrong. Nothing has changed.".into());
        }
        if let Some(error @ (SetPasswordError::Policy(_) | SetPasswordError::Busy(_))) = cause.downcast_ref() {
            return Some(sentence(&error.to_string()));
        }
        if let Some(error @ KeyFormatError::ImportOnly(_)) = cause.downcast_ref() {
            return Some(sentence(&error.to_string()));
        }
        match cause.downcast_ref::<KeyringError>() {
            None | Some(KeyringError::Store(_) | KeyringError::Seal { .. } | KeyringError::Format(_)) => None,
            Some(error) => Some(sentence(&error.to_string())),
        }
    })
}

impl Trouble {
    /// The status, a heading, and what to do.
    pub(super) fn says(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found", "There is nothing at this address."),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                "Your role does not permit this. Nothing has changed. An owner can give you another role.",
            ),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "Not from this console",
                "The form was not sent by a page of your session. Nothing has changed. Open the console at its own address, \
                 load the page again, and send the form from there.",
            ),
            Self::Method(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "Not possible here",
                "Open the page, and use its form.",
            ),
            Self::Rejected(rejection) => rejected(rejection),
        }
    }

    /// The headers that belong to it.
    pub(super) fn mark(&self, answer: &mut actix_web::HttpResponseBuilder) {
        match self {
            Self::Method(allow) => drop(answer.insert_header((ALLOW, *allow))),
            Self::Rejected(
                RequestRejection::Throttled { retry_after_seconds }
                | RequestRejection::Busy { retry_after_seconds }
                | RequestRejection::Unavailable { retry_after_seconds },
            ) => drop(answer.insert_header((RETRY_AFTER, retry_after_seconds.to_string()))),
            _ => {}
        }
    }
}

fn rejected(rejection: &RequestRejection) -> (StatusCode, &'static str, &'static str) {
    match rejection {
        RequestRejection::Throttled { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many attempts",
            "Too many attempts failed. Try again in some minutes.",
        ),
        RequestRejection::Busy { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Busy",
            "Many people are signing in at this moment. Try again in some seconds.",
        ),
        RequestRejection::Unavailable { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Not available now",
            "The server cannot use its database at this moment. Try again in some seconds; the log says why.",
        ),
        RequestRejection::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large", "The form is too large."),
        RequestRejection::Timeout => (
            StatusCode::REQUEST_TIMEOUT,
            "Too slow",
            "The form took too long to arrive.",
        ),
        RequestRejection::UnsupportedMediaType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Not a form",
            "The console takes forms only.",
        ),
        RequestRejection::Internal => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "An error in the server",
            "The log says what went wrong.",
        ),
        _ => (StatusCode::BAD_REQUEST, "Not understood", "The form cannot be read."),
    }
}

/// Sends the browser to another page.
pub(super) fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The answer after a panic.
pub(super) fn internal() -> HttpResponse {
    let (status, heading, text) = rejected(&RequestRejection::Internal);
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(super::layout::bare(heading, &maud::html! { p { (text) } }).into_string())
}
