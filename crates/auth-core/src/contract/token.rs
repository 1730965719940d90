//! A token's life: what is granted, issued and presented.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::account::{Generation, Realm, Subject};
use super::clock::Timestamp;
use super::refresh_state::RefreshState;
use super::scope::Scopes;
use super::secret::{PlainToken, TokenDigest};

/// The number of one token or session in the store. It names the record; it proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub i64);

impl TokenId {
    /// Reads a number from 0 to `i64::MAX` in the one spelling that `Display` writes: ASCII digits, no sign, no leading
    /// zero.
    pub fn parse(text: &str) -> Option<Self> {
        canonical_number(text).map(Self)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({})", self.0)
    }
}

/// The name of a configured flavour. A token belongs to exactly one, and no other accepts it.
pub type FlavourName = Arc<str>;

/// A session as a signed token names it (claim `sid`): enough to find its record, and to check it against the revocations.
///
/// Its text is `<id>.<generation>.<subject>`, each a plain decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRef {
    /// The session's record.
    pub id: TokenId,
    /// The owner's generation when the session began.
    pub generation: Generation,
    /// The owner.
    pub subject: Subject,
}

impl SessionRef {
    /// Reads the text of [`SessionRef`]'s `Display`; any other spelling of the same numbers is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut number = || canonical_number(parts.next()?);
        let session = Self {
            id: TokenId(number()?),
            generation: Generation(number()?),
            subject: Subject(number()?),
        };
        parts.next().is_none().then_some(session)
    }
}

impl fmt::Display for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.id, self.generation.0, self.subject)
    }
}

/// A number from 0 to `i64::MAX` in its one spelling: ASCII digits, no sign, no leading zero.
pub(super) fn canonical_number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let canonical = digits && !text.is_empty() && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok())?
}

/// Whether repeated sign-ins of one owner create a session each, or share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Every grant creates a session of its own.
    Own,
    /// All grants of one flavour to one subject share one live session, so that repeating adds no rows.
    Shared,
}

/// What a token is to be issued for. Made by the code that checked the credentials; an issuer turns it into a token.
#[derive(Debug)]
pub struct Grant {
    /// The owner of the token.
    pub subject: Subject,
    /// The realm in which the subject signed in.
    pub realm: Realm,
    /// The subject's generation when the credentials were read. If it has a newer one by now, issuing fails.
    pub generation: Generation,
    /// The permissions the token carries.
    pub scopes: Scopes,
    /// What the owner calls it, such as the name of a device.
    pub label: Option<String>,
    /// The session this token belongs to, when it already exists (a refresh).
    pub session: Option<SessionRef>,
    /// The start of a refresh family, recorded with a new session.
    pub refresh: Option<RefreshState>,
    /// The digest of the key the token is bound to; set by [`KeyBound`](crate::KeyBound).
    pub key: Option<TokenDigest>,
    /// When the session behind the token ends, where that is later than the token (a refresh family).
    pub session_expires_at: Option<Timestamp>,
    /// Whether the grant may answer with a session that already exists.
    pub sharing: Sharing,
}

impl Grant {
    /// A grant of `scopes` to `subject`, with defaults for everything else.
    pub fn new(subject: Subject, generation: Generation, realm: Realm, scopes: Scopes) -> Self {
        Self {
            subject,
            realm,
            generation,
            scopes,
            label: None,
            session: None,
            refresh: None,
            key: None,
            session_expires_at: None,
            sharing: Sharing::Own,
        }
    }
}

/// A token just issued. The only value that has the token's text, which is shown once.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token as its bearer will present it.
    pub plain: PlainToken,
    /// Its record (for a stateless issuer, a random number that nothing stores).
    pub id: TokenId,
    /// The record of the session that it belongs to; for a token that is its own session, the same as `id`.
    pub session: TokenId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires; `None`: it is valid until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// The key that must be presented with it, for a key-bound token.
    pub key: Option<Uuid>,
}

/// A token that was issued in the place of another.
#[derive(Debug)]
pub struct Replaced {
    /// The new one.
    pub token: IssuedToken,
    /// When the old one ends, at the latest.
    pub old_ends_at: Timestamp,
}

/// What a caller presents: untrusted text that proves nothing yet. `Debug` prints lengths only.
#[derive(Clone, Copy)]
pub struct PresentedToken<'a> {
    /// The token's text.
    pub text: &'a str,
    /// The key presented beside it, if any.
    pub key: Option<&'a str>,
    /// The address of the client that presents it, which bounds how many unknown tokens are looked up for it; `None`: they are
    /// not bounded.
    pub source: Option<IpAddr>,
}

impl<'a> PresentedToken<'a> {
    /// A token presented alone.
    pub fn bearer(text: &'a str) -> Self {
        Self {
            text,
            key: None,
            source: None,
        }
    }

    /// A token presented together with a key.
    pub fn with_key(text: &'a str, key: &'a str) -> Self {
        Self {
            text,
            key: Some(key),
            source: None,
        }
    }

    /// The same, presented from this address.
    #[must_use]
    pub fn from_source(self, source: IpAddr) -> Self {
        let source = Some(source);
        Self { source, ..self }
    }
}

impl fmt::Debug for PresentedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedToken")
            .field("bytes", &self.text.len())
            .field("key", &self.key.is_some())
            .finish()
    }
}

/// How long the tokens of one issuer are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// They expire after this long.
    Limited(Duration),
    /// They are valid until they are revoked.
    UntilRevoked,
}

impl Lifetime {
    /// When a token issued at `now` expires.
    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Limited(lifetime) => Some(now.plus(lifetime)),
            Self::UntilRevoked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_spelling() {
        let session = SessionRef {
            id: TokenId(17),
            generation: Generation(0),
            subject: Subject(281_950),
        };
        assert_eq!(session.to_string(), "17.0.281950");
        assert_eq!(SessionRef::parse("17.0.281950"), Some(session));
        for other in [
            "",
            "17",
            "17.0",
            "17.0.281950.",
            "017.0.281950",
            "+17.0.281950",
            "17.0.281950 ",
            "17..281950",
            "-17.0.281950",
            "17.0.９",
            "17.0.9223372036854775808",
            "17.0.281950.1",
        ] {
            assert_eq!(SessionRef::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_presented_token_does_not_print() {
        let shown = format!("{:?}", PresentedToken::with_key("canary-token", "canary-key"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
