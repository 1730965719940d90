//! What can be wrong with one field of a request.

use std::fmt;

use thiserror::Error;

/// A field of the request, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("field {field}: {kind}")]
pub struct FieldError {
    /// The name that the dialect's document gives to the field: `consumer.key` for a member of a member.
    pub field: &'static str,
    /// What is wrong with it.
    pub kind: FieldErrorKind,
}

impl FieldError {
    /// The error for the field of this name.
    #[must_use]
    pub const fn new(field: &'static str, kind: FieldErrorKind) -> Self {
        Self { field, kind }
    }
}

/// What can be wrong with a field. `Display` is for logs; the messages for clients are in
/// [`messages`](crate::messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// The field is missing.
    Missing,
    /// The value is not a string.
    NotText,
    /// The value is not an integer that fits 64 bits with a sign. `"171"`, `171.0` and `1e2` are not.
    NotInteger,
    /// The value is not an object.
    NotObject,
    /// The value is empty, or white space only.
    Blank,
    /// The value is longer than this limit.
    TooLong(Limit),
    /// The value has NUL, a line break or another control character in it.
    ControlCharacter,
    /// The value is not a usable e-mail address.
    NotAnEmail,
    /// The value is not an IP address.
    NotAnAddress,
    /// The value is a number below 1.
    NotPositive,
    /// The field contradicts another field of the request.
    Conflict,
}

impl fmt::Display for FieldErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How long a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most this many bytes of UTF-8.
    Bytes(usize),
    /// At most this many Unicode characters.
    Characters(usize),
}

impl Limit {
    /// The longest login name: 254 bytes, the same limit as in `auth-core`.
    pub const LOGIN_NAME: Self = Self::Bytes(254);
    /// The longest name of a device, a client or a consumer: 255 characters.
    pub const LABEL: Self = Self::Characters(255);

    pub(crate) fn allows(self, text: &str) -> bool {
        match self {
            Self::Bytes(max) => text.len() <= max,
            Self::Characters(max) => text.chars().count() <= max,
        }
    }
}
