//! What self-service is asked, and a report of a leaked token.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{PASSWORD_UNCHANGED, TOO_LONG};
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::fields::Fields;
use crate::payload::Payload;
use crate::request_rejection::RequestRejection;

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

/// The session that a request to [`SelfService::END`](super::SelfService::END) names.
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

/// A request to [`SelfService::CREATE`](super::SelfService::CREATE).
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

/// How long the caller's token is still accepted beside the new one, by a request to [`SelfService::ROTATE`](super::SelfService::ROTATE): the member
/// `overlap`, in seconds, one minute if it is missing.
///
/// # Errors
/// As [`Payload::json_fields`]; a number below 1, or above 7 days.
pub fn overlap(payload: &Payload<'_>) -> Result<Duration, RequestRejection> {
    let overlap = seconds(&mut payload.json_fields()?, "overlap", LONGEST_OVERLAP)?;
    Ok(overlap.unwrap_or(Duration::from_secs(60)))
}

/// A request to [`SelfService::PASSWORD`](super::SelfService::PASSWORD). `Debug` shows no value.
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
