//! Status, headers and body of one HTTP answer.

use serde::Serialize;

use crate::challenge::Challenge;
use crate::request_rejection::RequestRejection;

/// One HTTP answer, complete apart from what the server adds to all of them (CORS, request id, length).
///
/// An answer made by [`Answer::json`] carries `Content-Type: application/json`, `Cache-Control: no-store` (RFC 6749
/// section 5.1) and `X-Content-Type-Options: nosniff`.
///
/// # Security
/// `Debug` shows the status and the header names only, because the body of a success holds a token. Text from the
/// request must not go into a header.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers: names and values, each name at most once.
    pub headers: Vec<(&'static str, String)>,
    /// The body: one JSON object.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header of this answer; upper and lower case of the name make no difference.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// An answer with this status and a body that serialises as a JSON object, usually a struct that derives
    /// [`Serialize`] and has its fields in the order of the dialect's document. A token goes into it as
    /// [`Redacted`](crate::Redacted), so that the struct can derive `Debug`.
    ///
    /// # Panics
    /// If the body cannot be written as JSON: a map with keys that are not strings, or an implementation of
    /// [`Serialize`] that fails. A struct of strings, numbers, lists and options never does.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a body of plain values serialises");
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        Self { status, headers, body }
    }

    /// Adds the headers that a rejection needs, the same in every dialect: `WWW-Authenticate` to a 401 or 403,
    /// `Retry-After` where the rejection has seconds, `Allow` to [`RequestRejection::MethodNotAllowed`].
    #[must_use]
    pub fn with_rejection_headers(mut self, rejection: &RequestRejection, challenge: &Challenge) -> Self {
        if matches!(self.status, 401 | 403) {
            let value = challenge.header_value(rejection);
            self.headers.push(("WWW-Authenticate", value));
        }
        if let Some(seconds) = rejection.retry_after_seconds() {
            self.headers.push(("Retry-After", seconds.to_string()));
        }
        if let RequestRejection::MethodNotAllowed { allow } = rejection {
            self.headers.push(("Allow", (*allow).to_owned()));
        }
        self
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.headers.iter().map(|(name, _)| *name);
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
