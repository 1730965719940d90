//! Organisations, their consumers and their clients.

use auth_core::{Generation, Subject, Timestamp, TokenDigest};

/// An organisation, as its clients see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its subdomain.
    pub subdomain: String,
    /// Its offset from UTC, in seconds.
    pub utc_offset_seconds: i32,
}

/// A partner who may vouch for the clients of one organisation. Of its token only the digest is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its key: a public name.
    pub key: String,
    /// The digest of its token.
    pub token: TokenDigest,
    /// Whether it is disabled.
    pub disabled: bool,
    /// The organisation whose clients it may vouch for.
    pub organisation: Organisation,
}

/// A client of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its number.
    pub subject: Subject,
    /// Its organisation's number.
    pub organisation: i64,
    /// Its e-mail, as first given.
    pub email: String,
    /// Its name, as first given.
    pub name: String,
    /// Its generation now.
    pub generation: Generation,
    /// Whether it is disabled.
    pub disabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
}
