//! Status, headers and body of one HTTP answer.

use serde::Serialize;

use crate::challenge::Challenge;
use crate::rejection::RequestRejection;

/// One HTTP answer, complete apart from what the server adds to all of them (CORS, request id, length).
///
/// Every answer carries `Content-Type: application/json`, `Cache-Control: no-store` (RFC 6749 section 5.1) and
/// `X-Content-Type-Options: nosniff`.
///
/// `Debug` shows the status and the header names only: the body of a success holds a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, each name at most once.
    pub headers: Vec<(&'static str, String)>,
    /// The body, one JSON object.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header of this answer, its name compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        // Every body in this crate is a struct of strings, numbers, lists and nulls under string keys: there is
        // nothing that serde_json refuses to write.
        let body = serde_json::to_vec(body).expect("a body of plain values serialises");
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        Self { status, headers, body }
    }

    /// Adds the headers that the rejection and its status call for, the same way in every dialect.
    pub(crate) fn refusing(mut self, rejection: &RequestRejection, challenge: &Challenge) -> Self {
        if matches!(self.status, 401 | 403) {
            let text = challenge.text(rejection);
            self.headers.push(("WWW-Authenticate", text));
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
