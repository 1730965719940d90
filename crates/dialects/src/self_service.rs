//! What people do with their own sessions: list them, end them, change their password; and the report of a leaked token. No
//! document describes these: they are additions, and off unless an operator switches them on.
//!
//! Errors: `{"error":"…","message":"…"}`. `error` is a word for programs, `message` English for people.

mod description;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::endpoint::Endpoint;
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::fields::Fields;
use crate::messages::english;
use crate::payload::Payload;
use crate::redacted::Redacted;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

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

/// One of a person's sessions or devices.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnSession<'a> {
    /// Its number, as a text: it has up to 19 digits.
    pub id: String,
    /// The flavour that it belongs to.
    pub flavour: &'a str,
    /// What its owner calls it, such as the name of a device.
    pub label: Option<&'a str>,
    /// When it began (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    pub issued_at: String,
    /// When it ends (RFC 3339); `null`: when it is revoked.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
    /// When it was last used, to a few seconds (RFC 3339); `null`: not yet.
    #[schemars(extend("format" = "date-time"))]
    pub last_used_at: Option<String>,
    /// Whether the request came with a token of it.
    pub current: bool,
}

/// The sessions of the caller, newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnSessions<'a> {
    /// At most 100.
    pub sessions: Vec<OwnSession<'a>>,
    /// What to send as `before` for those that follow; `null`: these are all.
    pub next: Option<String>,
}

impl OwnSessions<'_> {
    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// How many sessions ended.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct SessionsEnded {
    /// How many.
    pub ended: u64,
}

impl SessionsEnded {
    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// After a change of the password: all sessions ended, the caller's too, and this is a new one for the caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewSession<'a> {
    /// The token.
    pub token: Redacted<'a>,
    /// The key that it is bound to, where the flavour has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// The refresh token, where the flavour has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Redacted<'a>>,
    /// When the token ends (RFC 3339); `null`: when it is revoked.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
}

impl NewSession<'_> {
    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// A token that was just made. It is shown once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewToken<'a> {
    /// Its number, as a text.
    pub id: String,
    /// The token.
    pub token: Redacted<'a>,
    /// What it permits: names, with a space between them.
    pub scope: String,
    /// When it ends (RFC 3339); `null`: when it is revoked.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
    /// When the token of the request ends at the latest (RFC 3339), where this one replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub old_expires_at: Option<String>,
}

impl NewToken<'_> {
    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(201, self)
    }
}

/// The answer to a report of a leaked token, whatever the token is: it says nothing of it.
#[must_use]
pub fn report_received() -> Answer {
    Answer::json(202, &serde_json::json!({ "received": true }))
}

/// Reads a number that was sent as a text, such as the `id` of a session.
fn number(field: &'static str, text: &str) -> Result<i64, RequestRejection> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &i64| number.to_string() == text && *number > 0);
    number.ok_or_else(|| FieldError::new(field, FieldErrorKind::NotInteger).into())
}

/// The `before` of a page: a member of the body, which may be missing or, as the `next` of the last page is, `null`.
///
/// # Errors
/// As [`Payload::json_fields`]; a number that is none.
pub fn page_before(payload: &Payload<'_>) -> Result<Option<i64>, RequestRejection> {
    let before = payload.json_fields()?.nullable_text("before")?;
    before.map(|before| number("before", &before)).transpose()
}

/// The session that a request to [`SelfService::END`] names.
///
/// # Errors
/// As [`Payload::json_fields`]; a field that is missing, or no number.
pub fn session_to_end(payload: &Payload<'_>) -> Result<i64, RequestRejection> {
    number("id", &payload.json_fields()?.text("id")?)
}

/// The token in a report.
///
/// # Errors
/// As [`Payload::json_fields`]; a field that is missing or blank.
pub fn leaked_token(payload: &Payload<'_>) -> Result<SecretString, RequestRejection> {
    let found = payload.json_fields()?.secret("token")?;
    match bare(found.expose_secret()) {
        "" => Err(FieldError::new("token", FieldErrorKind::Blank).into()),
        token => Ok(token.into()),
    }
}

/// A token as it was found in a file or a log: without white space around it, and without the `Bearer` of a header.
fn bare(found: &str) -> &str {
    const SCHEME: &str = "bearer";
    let found = found.trim();
    let (before, after) = found.split_at_checked(SCHEME.len()).unwrap_or(("", found));
    match before.eq_ignore_ascii_case(SCHEME) && (after.is_empty() || after.starts_with(char::is_whitespace)) {
        true => after.trim_start(),
        false => found,
    }
}

/// The longest time for which a new token may be asked: 10 years.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// The longest overlap of a rotation: 7 days.
const LONGEST_OVERLAP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A time in seconds, if there is one.
fn seconds(fields: &mut Fields, field: &'static str, longest: Duration) -> Result<Option<Duration>, RequestRejection> {
    if !fields.has(field) {
        return Ok(None);
    }
    let time = Duration::from_secs(fields.positive_integer(field)?.unsigned_abs());
    match time > longest {
        true => Err(TOO_LONG),
        false => Ok(Some(time)),
    }
}

/// A request to [`SelfService::CREATE`].
#[derive(Debug)]
pub struct CreateRequest {
    /// What its owner calls it.
    pub label: String,
    /// What it is to permit; `None`: what the caller's token does.
    pub scope: Option<String>,
    /// How long it is to be accepted; `None`: as long as any of its kind.
    pub expires_in: Option<Duration>,
}

impl CreateRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// As [`Payload::json_fields`]; a field that is missing or has no usable value.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_fields()?;
        Ok(Self {
            label: fields.label("label", Limit::LABEL)?,
            scope: fields.optional_text("scope")?,
            expires_in: seconds(&mut fields, "expires_in", LONGEST_LIFE)?,
        })
    }
}

/// How long the caller's token is still accepted beside the new one, by a request to [`SelfService::ROTATE`]: the member
/// `overlap`, in seconds, one minute if it is missing.
///
/// # Errors
/// As [`Payload::json_fields`]; a number below 1, or above 7 days.
pub fn overlap(payload: &Payload<'_>) -> Result<Duration, RequestRejection> {
    let overlap = seconds(&mut payload.json_fields()?, "overlap", LONGEST_OVERLAP)?;
    Ok(overlap.unwrap_or(Duration::from_secs(60)))
}

/// A request to [`SelfService::PASSWORD`]. `Debug` shows no value.
pub struct PasswordRequest {
    /// The password that it is now.
    pub old: SecretString,
    /// The one that it is to be.
    pub new: SecretString,
}

impl PasswordRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// As [`Payload::json_fields`]; a field that is missing or blank; two passwords that are the same.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_fields()?;
        let (old, new) = (fields.secret("old_password")?, fields.secret("new_password")?);
        // Both are the caller's own texts, so how long this takes tells nobody anything.
        match old.expose_secret() == new.expose_secret() {
            true => Err(PASSWORD_UNCHANGED),
            false => Ok(Self { old, new }),
        }
    }
}

impl fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRequest").finish_non_exhaustive()
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

    #[test]
    fn a_token_is_found_with_what_stands_around_it() {
        let token = "1|aB3";
        for found in [
            "1|aB3",
            " 1|aB3\n",
            "Bearer 1|aB3",
            "bearer\t1|aB3\r\n",
            "BEARER  1|aB3",
        ] {
            assert_eq!(bare(found), token, "{found:?}");
        }
        for (found, left) in [
            ("Bearer1|a", "Bearer1|a"),
            ("Bearer", ""),
            ("bearer ", ""),
            ("éééé", "éééé"),
            ("x", "x"),
        ] {
            assert_eq!(bare(found), left, "{found:?}");
        }
    }

    #[test]
    fn a_number_has_one_spelling() {
        for (text, read) in [("17", Some(17)), ("9223372036854775807", Some(i64::MAX))] {
            assert_eq!(number("id", text).ok(), read);
        }
        for text in ["", "0", "-1", "+1", "01", "1 ", "9223372036854775808", "x"] {
            assert!(number("id", text).is_err(), "{text:?}");
        }
    }
}
