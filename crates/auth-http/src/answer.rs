//! How a service answers the requests that it rejects.

use std::fmt;

use crate::rejection::RejectedRequest;

/// A service's own way to answer.
type Format = dyn Fn(&RejectedRequest, RejectionAnswer) -> RejectionAnswer + Send + Sync;

/// The answer to a rejected request: status, headers, body. The hook of
/// [`Authenticator::with_answer`](crate::Authenticator::with_answer) may change any of them.
///
/// ```
/// use auth_http::{RejectedRequest, RejectionAnswer, RejectionKind};
///
/// fn in_our_shape(rejected: &RejectedRequest, answer: RejectionAnswer) -> RejectionAnswer {
///     let code = match rejected.kind() {
///         RejectionKind::Absent | RejectionKind::Invalid(_) => "please_sign_in",
///         RejectionKind::Scope => "not_allowed",
///         _ => "try_again",
///     };
///     answer.with_body("application/problem+json", format!("{{\"type\":\"{code}\"}}"))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionAnswer {
    /// The status code.
    pub status: u16,
    /// The headers, each name once: `WWW-Authenticate`, `Retry-After`, `Content-Type`, `Cache-Control`,
    /// `X-Content-Type-Options`, and what the hook adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RejectionAnswer {
    /// The same with this body.
    #[must_use]
    pub fn with_body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { body, ..self }.with_header("Content-Type", content_type)
    }

    /// The same with this header in place of one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a header; upper and lower case of the name make no difference.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The challenge of a service, and its own way to answer, if it has one.
#[derive(Default)]
pub(crate) struct Answers {
    challenge: String,
    format: Option<Box<Format>>,
}

impl Answers {
    /// Answers that challenge for this realm. Characters that could end its quotes are left out.
    pub(crate) fn for_realm(realm: &str) -> Self {
        let safe = |c: &char| (c.is_ascii_graphic() || *c == ' ') && *c != '"' && *c != '\\';
        let realm: String = realm.chars().filter(safe).collect();
        Self {
            challenge: format!("Bearer realm=\"{realm}\""),
            format: None,
        }
    }

    /// The same challenge, answered by this hook.
    pub(crate) fn formatted(
        &self,
        format: impl Fn(&RejectedRequest, RejectionAnswer) -> RejectionAnswer + Send + Sync + 'static,
    ) -> Self {
        Self {
            challenge: self.challenge.clone(),
            format: Some(Box::new(format)),
        }
    }

    /// The challenge without an error.
    pub(crate) fn challenge(&self) -> &str {
        &self.challenge
    }

    /// The service's own answer instead of the usual one.
    ///
    /// # Security
    /// A hook that answers with a success would let in whom it rejects: its status is replaced.
    pub(crate) fn format(&self, rejected: &RejectedRequest, usual: RejectionAnswer) -> RejectionAnswer {
        let Some(format) = &self.format else {
            return usual;
        };
        let status = usual.status;
        let mut own = format(rejected, usual);
        if !(300..600).contains(&own.status) {
            own.status = status;
        }
        own
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("challenge", &self.challenge)
            .field("formatted", &self.format.is_some())
            .finish()
    }
}
