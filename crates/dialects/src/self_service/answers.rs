//! What self-service answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;
use crate::redacted::Redacted;

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
