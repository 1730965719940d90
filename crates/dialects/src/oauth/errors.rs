//! The shape of errors (RFC 6749 section 5.2).

use schemars::JsonSchema;
use serde::Serialize;

use super::error_code;
use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::messages::english;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

/// The rejections of an endpoint that clients sign in to with HTTP Basic: `{"error","error_description"}`, in English.
#[derive(Clone, Debug)]
pub struct OauthErrors(Challenge);

impl OauthErrors {
    /// With the realm of this name in the challenge.
    #[must_use]
    pub fn new(realm: &str) -> Self {
        Self(Challenge::new(&[Scheme::Basic], realm))
    }
}

impl RejectionFormatter for OauthErrors {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let body = Body {
            error: error_code(rejection),
            error_description: &description(rejection),
        };
        Answer::json(rejection.status(), &body).with_rejection_headers(rejection, &self.0)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OauthError")]
pub(super) struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// English, except where the shared message speaks of a token: here it is the client that is missing.
fn description(rejection: &RequestRejection) -> String {
    match rejection {
        RequestRejection::NotAuthenticated { .. } => "The client's id and secret are required.".into(),
        RequestRejection::Throttled { .. } => "Too many requests. Try again later.".into(),
        other => english(other).into_owned(),
    }
}
