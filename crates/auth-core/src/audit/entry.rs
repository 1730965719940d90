//! What is written for one event.

use std::borrow::Cow;

use crate::contract::account::{Realm, Subject};
use crate::contract::clock::Timestamp;
use crate::contract::token::TokenId;

use super::cursor::AuditCursor;

/// The longest detail, in characters.
const LONGEST_DETAIL: usize = 200;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// What the entry names was done.
    Done,
    /// What was asked for was refused.
    Refused,
}

impl AuditOutcome {
    /// Its word, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// One entry of the audit log. Its words are text, as stored, so that an entry that was tampered with, or that a later
/// version wrote, can be read too.
///
/// # Security
/// No field has a secret or a digest: numbers of records, names from the configuration and of records, addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// What happened: the word of an [`AuditEvent`](super::AuditEvent).
    pub event: Cow<'static, str>,
    /// The word of an [`AuditOutcome`].
    pub outcome: Cow<'static, str>,
    /// Who acted: an [`Actor`](super::Actor) as text.
    pub actor: String,
    /// The command, such as `account disable`.
    pub command: Option<String>,
    /// The client's address.
    pub source: Option<String>,
    /// The id of the request.
    pub request: Option<String>,
    /// The realm of the account, role or organisation concerned.
    pub realm: Option<String>,
    /// The flavour of the token or key concerned.
    pub flavour: Option<String>,
    /// The number of the account concerned.
    pub subject: Option<i64>,
    /// The number of the token or session concerned.
    pub token: Option<i64>,
    /// What else there is: a role's name, a key's name, a consumer's key, a cause, a count.
    pub detail: Option<String>,
}

impl AuditEntry {
    /// The same, about this account.
    #[must_use]
    pub fn subject(self, subject: Subject) -> Self {
        Self {
            subject: Some(subject.0),
            ..self
        }
    }

    /// The same, about this realm.
    #[must_use]
    pub fn realm(self, realm: &Realm) -> Self {
        Self {
            realm: Some(realm.as_str().to_owned()),
            ..self
        }
    }

    /// The same, about this flavour.
    #[must_use]
    pub fn flavour(self, flavour: &str) -> Self {
        Self {
            flavour: Some(flavour.to_owned()),
            ..self
        }
    }

    /// The same, about this token or session.
    #[must_use]
    pub fn token(self, token: TokenId) -> Self {
        Self {
            token: Some(token.0),
            ..self
        }
    }

    /// The same, with a short text. Control characters are replaced; a long text is cut.
    #[must_use]
    pub fn detail(self, detail: &str) -> Self {
        let plain = detail.chars().map(|c| if c.is_control() { '?' } else { c });
        Self {
            detail: Some(plain.take(LONGEST_DETAIL).collect()),
            ..self
        }
    }

    /// The same, with another outcome.
    #[must_use]
    pub fn with_outcome(self, outcome: AuditOutcome) -> Self {
        Self {
            outcome: outcome.as_str().into(),
            ..self
        }
    }

    /// All of it as bytes, for the chain: each field with its length, so that different entries are different bytes.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(self.at.as_millis().to_be_bytes());
        let texts = [
            Some(&*self.event),
            Some(&*self.outcome),
            Some(self.actor.as_str()),
            self.command.as_deref(),
            self.source.as_deref(),
            self.request.as_deref(),
            self.realm.as_deref(),
            self.flavour.as_deref(),
            self.detail.as_deref(),
        ];
        for text in texts {
            // A text that is absent has a length that none has.
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.unwrap_or_default().as_bytes());
        }
        for number in [self.subject, self.token] {
            bytes.push(u8::from(number.is_some()));
            bytes.extend(number.unwrap_or_default().to_be_bytes());
        }
        bytes
    }
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number. Later entries have higher ones, but may become visible earlier.
    pub sequence: i64,
    /// Where it is in the order in which entries become final; only a store compares it ([`AuditCursor`]).
    pub position: i64,
    /// What it says.
    pub entry: AuditEntry,
}

impl AuditRow {
    /// Whether it comes after what this cursor has read.
    pub(super) fn is_after(&self, cursor: &AuditCursor) -> bool {
        self.position >= cursor.settled && self.sequence > cursor.floor
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AuditEvent, Provenance};
    use super::*;

    /// Whatever field a text or number moves to, the bytes are others.
    #[test]
    fn different_entries_are_different_bytes() {
        let plain = || Provenance::SERVER.entry(AuditEvent::RolePut, Timestamp::from_seconds(1));
        let entries = [
            plain(),
            plain().detail("a"),
            plain().flavour("a"),
            plain().realm(&Realm::parse("a").unwrap()),
            plain().subject(Subject(1)),
            plain().token(TokenId(1)),
            plain().subject(Subject(0)),
            plain().detail(""),
            plain().with_outcome(AuditOutcome::Refused),
            AuditEntry {
                command: Some("a".into()),
                ..plain()
            },
            AuditEntry {
                source: Some("a".into()),
                ..plain()
            },
            AuditEntry {
                request: Some("a".into()),
                ..plain()
            },
            AuditEntry {
                actor: "a".into(),
                ..plain()
            },
            AuditEntry {
                at: Timestamp::from_seconds(2),
                ..plain()
            },
        ];
        let bytes: std::collections::HashSet<_> = entries.iter().map(AuditEntry::canonical).collect();
        assert_eq!(bytes.len(), entries.len());
    }

    #[test]
    fn a_detail_is_short_and_on_one_line() {
        let entry = Provenance::SERVER.entry(AuditEvent::RolePut, Timestamp::from_seconds(1));
        let detail = entry.detail(&format!("a\nb\u{1b}{}", "x".repeat(300))).detail.unwrap();
        assert!(detail.starts_with("a?b?x") && detail.chars().count() == LONGEST_DETAIL);
    }
}
