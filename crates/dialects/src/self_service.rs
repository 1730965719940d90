//! What people do with their own sessions: list them, end them, change their password; and the report of a leaked token. No
//! document describes these: they are additions, and off unless an operator switches them on.
//!
//! Errors: `{"error":"…","message":"…"}`. `error` is a word for programs, `message` English for people.

mod answers;
mod description;
mod requests;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::endpoint::Endpoint;
use crate::messages::english;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

pub use answers::{NewSession, NewToken, OwnSession, OwnSessions, SessionsEnded, report_received};
pub use requests::{CreateRequest, PasswordRequest, leaked_token, overlap, page_before, session_to_end};

/// The format of self-service: it formats rejections.
#[derive(Clone, Debug)]
pub struct SelfService(Challenge);

impl SelfService {
    /// Where it is mounted.
    pub const PATH: &'static str = "/self";
    /// Listing one's sessions.
    pub const LIST: Endpoint = Endpoint::post("/sessions");
    /// Ending one session.
    pub const END: Endpoint = Endpoint::post("/sessions/end");
    /// Ending all sessions but the caller's. It reads no body.
    pub const END_OTHERS: Endpoint = Endpoint::post("/sessions/end-others");
    /// Changing one's password.
    pub const PASSWORD: Endpoint = Endpoint::post("/password");
    /// Making a token with fewer rights, or an earlier end.
    pub const CREATE: Endpoint = Endpoint::post("/tokens");
    /// Another token in place of the caller's, which is still accepted for a while.
    pub const ROTATE: Endpoint = Endpoint::post("/token/rotate");

    /// The whole path of reports of leaked tokens.
    pub const LEAKED: &'static str = "/leaked-tokens";
}

impl Default for SelfService {
    fn default() -> Self {
        Self(Challenge::new(&[Scheme::Bearer], "tessera"))
    }
}

impl RejectionFormatter for SelfService {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let (error, message) = match rejection {
            RequestRejection::DialectSpecific { code } => (*code, specific(code).into()),
            RequestRejection::WrongCredentials => ("wrong_password", "The old password is wrong.".into()),
            other => (word(other), english(other)),
        };
        let body = Body {
            error,
            message: &message,
        };
        // Not 401: the token is active, and clients take a 401 for the end of their session.
        let status = match rejection {
            RequestRejection::WrongCredentials => 400,
            other => other.status(),
        };
        Answer::json(status, &body).with_rejection_headers(rejection, &self.0)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SelfServiceError")]
struct Body<'a> {
    /// For programs.
    error: &'static str,
    /// For people.
    message: &'a Cow<'a, str>,
}

/// A new password has too few characters.
pub const PASSWORD_TOO_SHORT: RequestRejection = RequestRejection::DialectSpecific {
    code: "password_too_short",
};
/// A new password has more bytes than count, or a character that cannot be used.
pub const PASSWORD_UNUSABLE: RequestRejection = RequestRejection::DialectSpecific {
    code: "password_unusable",
};
/// A new password is one of those that are guessed first.
pub const PASSWORD_COMMON: RequestRejection = RequestRejection::DialectSpecific {
    code: "password_common",
};
/// The tokens of this flavour carry their end, so it cannot be changed.
pub const FIXED_END: RequestRejection = RequestRejection::DialectSpecific { code: "fixed_end" };
/// The caller asks for a permission that its token does not have.
pub const TOO_MUCH: RequestRejection = RequestRejection::DialectSpecific { code: "scope_too_wide" };
/// The caller holds as many tokens as one person may.
pub const TOO_MANY: RequestRejection = RequestRejection::DialectSpecific {
    code: "too_many_tokens",
};
/// A new password is the old one.
pub const PASSWORD_UNCHANGED: RequestRejection = RequestRejection::DialectSpecific {
    code: "password_unchanged",
};
/// The caller asks for a longer time than is allowed.
pub const TOO_LONG: RequestRejection = RequestRejection::DialectSpecific { code: "too_long" };
/// The caller's account has no password.
pub const NO_PASSWORD: RequestRejection = RequestRejection::DialectSpecific { code: "no_password" };

fn specific(code: &str) -> &'static str {
    match code {
        "password_too_short" => "The new password is too short.",
        "password_unusable" => "The new password has more than 72 bytes, or a character that cannot be used.",
        "password_common" => "The new password is one of the most common ones, which are guessed first.",
        "password_unchanged" => "The new password is the old one.",
        "too_long" => "The time is longer than is allowed.",
        "no_password" => "This account has no password.",
        "fixed_end" => "The end of tokens of this kind cannot be changed.",
        "scope_too_wide" => "The token does not have all of these permissions.",
        "too_many_tokens" => "There are too many tokens: end some first.",
        _ => "The request was refused.",
    }
}

/// The word for what was refused, for programs.
fn word(rejection: &RequestRejection) -> &'static str {
    match rejection {
        RequestRejection::Malformed | RequestRejection::Field(_) => "invalid_request",
        RequestRejection::NotAuthenticated { .. } => "unauthorized",
        RequestRejection::Forbidden => "forbidden",
        RequestRejection::NotFound => "not_found",
        RequestRejection::MethodNotAllowed { .. } => "method_not_allowed",
        RequestRejection::TooLarge => "too_large",
        RequestRejection::UnsupportedMediaType => "unsupported_media_type",
        RequestRejection::Throttled { .. } => "throttled",
        RequestRejection::Timeout => "timeout",
        RequestRejection::Busy { .. } | RequestRejection::Unavailable { .. } => "unavailable",
        _ => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_has_a_word_and_a_sentence() {
        for rejection in RequestRejection::samples() {
            let answer = SelfService::default().answer(&rejection);
            let status = match rejection {
                RequestRejection::WrongCredentials => 400,
                ref other => other.status(),
            };
            assert_eq!(answer.status, status);
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert!(!body["error"].as_str().unwrap().is_empty() && !body["message"].as_str().unwrap().is_empty());
            assert_eq!(
                answer.status == 401,
                answer.header("WWW-Authenticate").is_some() && answer.status != 403
            );
        }
    }
}
