//! A request that is rejected: opaque to its sender, whatever the reason.

use std::fmt;
use std::sync::Arc;

use auth_core::{Rejection, Scope, StoreError, Unavailable};

use crate::answer::{Answers, RejectionAnswer};

/// Why a request was rejected. The reason is for our log; the client learns the status and the challenge of
/// RFC 6750 3, and nothing else.
#[derive(Clone, Debug)]
pub struct RejectedRequest {
    kind: RejectionKind,
    /// The permissions that were missing, with a space between them.
    needed: String,
    scheme: Option<usize>,
    answers: Option<Arc<Answers>>,
}

/// Why a request was rejected, for metrics and for a service's own answers: of each there are few.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// There is no token: 401.
    Absent,
    /// The token is not valid: 401.
    Invalid(Rejection),
    /// The token is valid and lacks a permission: 403.
    Scope,
    /// The token cannot be checked now: 503; 500 where a stored record is damaged.
    Unavailable(Unavailable),
    /// The application has no authenticator, a mistake of its author: 503.
    NotConfigured,
}

impl RejectedRequest {
    pub(crate) fn absent(answers: &Arc<Answers>) -> Self {
        Self::new(RejectionKind::Absent, Some(answers))
    }

    pub(crate) fn invalid(answers: &Arc<Answers>, reason: Rejection) -> Self {
        Self::new(RejectionKind::Invalid(reason), Some(answers))
    }

    pub(crate) fn unavailable(answers: &Arc<Answers>, reason: Unavailable) -> Self {
        Self::new(RejectionKind::Unavailable(reason), Some(answers))
    }

    /// The challenge names the permissions that are needed (RFC 6750 section 3).
    pub(crate) fn missing<'a>(answers: &Arc<Answers>, needed: impl IntoIterator<Item = &'a Scope>) -> Self {
        let names: Vec<&str> = needed.into_iter().map(Scope::as_str).collect();
        let needed = names.join(" ");
        Self {
            needed,
            ..Self::new(RejectionKind::Scope, Some(answers))
        }
    }

    /// The application has no authenticator: a mistake of its author.
    pub fn not_configured() -> Self {
        Self::new(RejectionKind::NotConfigured, None)
    }

    fn new(kind: RejectionKind, answers: Option<&Arc<Answers>>) -> Self {
        Self {
            kind,
            needed: String::new(),
            scheme: None,
            answers: answers.cloned(),
        }
    }

    /// This rejection; but if it only says that the token is not the scheme's own, one with `reason`, of this scheme.
    pub(crate) fn or_rejected(mut self, reason: Rejection, scheme: usize) -> Self {
        if matches!(self.kind, RejectionKind::Invalid(_)) && self.scheme.is_none() {
            self.kind = RejectionKind::Invalid(reason);
            self.scheme = (!reason.is_foreign()).then_some(scheme);
        }
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> &RejectionKind {
        &self.kind
    }

    /// Which of the schemes recognised the token as its own and rejected it: its place in the list that
    /// [`Authenticator::new`](crate::Authenticator::new) was given. `None`: no scheme did.
    #[must_use]
    pub const fn scheme(&self) -> Option<usize> {
        self.scheme
    }

    /// Whether the request carries no token at all.
    #[must_use]
    pub fn is_without_token(&self) -> bool {
        self.kind == RejectionKind::Absent
    }

    /// Why, in a few words, for logs.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.kind {
            RejectionKind::Absent => "no token".into(),
            RejectionKind::Invalid(reason) => reason.to_string(),
            RejectionKind::Scope => "insufficient scope".into(),
            RejectionKind::Unavailable(reason) => reason.to_string(),
            RejectionKind::NotConfigured => "no Authenticator in the application's data".into(),
        }
    }

    /// Writes it to the log: what the client did wrong at level debug, what we cannot do as a warning.
    pub fn log(&self) {
        let reason = self.reason();
        match self.status() {
            401 | 403 => tracing::debug!(event = "token_refused", reason),
            _ => tracing::warn!(event = "token_not_checked", reason),
        }
    }

    /// The status of its usual answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match &self.kind {
            RejectionKind::Absent | RejectionKind::Invalid(_) => 401,
            RejectionKind::Scope => 403,
            RejectionKind::Unavailable(Unavailable::Store(StoreError::Corrupt(_))) => 500,
            RejectionKind::Unavailable(_) | RejectionKind::NotConfigured => 503,
        }
    }

    /// The answer: the usual one, changed by the service's hook if it has one.
    #[must_use]
    pub fn answer(&self) -> RejectionAnswer {
        let usual = self.usual_answer();
        match &self.answers {
            Some(answers) => answers.format(self, usual),
            None => usual,
        }
    }

    fn usual_answer(&self) -> RejectionAnswer {
        let mut headers = vec![
            ("Cache-Control".to_owned(), "no-store".to_owned()),
            ("X-Content-Type-Options".to_owned(), "nosniff".to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(self.challenge().map(|value| ("WWW-Authenticate".to_owned(), value)));
        if self.status() == 503 {
            headers.push(("Retry-After".to_owned(), "1".to_owned()));
        }
        RejectionAnswer {
            status: self.status(),
            headers,
            body: format!("{{\"error\":\"{self}\"}}").into_bytes(),
        }
    }

    /// The challenge that goes with it, if any.
    fn challenge(&self) -> Option<String> {
        let challenge = self.answers.as_ref()?.challenge();
        let needed = &self.needed;
        match self.kind {
            RejectionKind::Absent => Some(challenge.to_owned()),
            RejectionKind::Invalid(_) => Some(format!("{challenge}, error=\"invalid_token\"")),
            RejectionKind::Scope => Some(format!("{challenge}, error=\"insufficient_scope\", scope=\"{needed}\"")),
            RejectionKind::Unavailable(_) | RejectionKind::NotConfigured => None,
        }
    }
}

impl fmt::Display for RejectedRequest {
    /// What the client gets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.status() {
            401 => "unauthorized",
            403 => "forbidden",
            _ => "unavailable",
        })
    }
}

impl std::error::Error for RejectedRequest {}
