//! One log event for each sign-in, with fields and without secrets.

use std::fmt;
use std::net::IpAddr;

use crate::audit::RefusedSignIns;
use crate::contract::account::{Realm, Subject};
use crate::contract::secret::SecretKey;

use super::login_name::FoldedLogin;
use super::sign_in_error::SignInError;
use super::stored_password::UnusableHash;

/// Why a sign-in failed. For the log only: the caller learns less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No account has this login name.
    UnknownLogin,
    /// The account is disabled; the password may have been right.
    Disabled,
    /// The account has no password.
    NoHash,
    /// The stored hash is malformed, or of a kind that proves nothing.
    UnusableHash(UnusableHash),
    /// The password is another one.
    WrongPassword,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLogin => f.write_str("unknown"),
            Self::Disabled => f.write_str("disabled"),
            Self::NoHash => f.write_str("no_password"),
            Self::UnusableHash(fault) => write!(f, "unusable_hash: {fault}"),
            Self::WrongPassword => f.write_str("wrong_password"),
        }
    }
}

/// What the events of one sign-in have in common.
pub(super) struct Audit<'a> {
    pub(super) realm: &'a Realm,
    pub(super) name: NameTag,
    pub(super) source: IpAddr,
    pub(super) refused: &'a RefusedSignIns,
}

impl Audit<'_> {
    pub(super) fn ok(&self, subject: Subject) {
        let Self { realm, source, .. } = self;
        tracing::info!(event = "login_ok", %realm, %subject, %source);
    }

    /// Names the account if there is one, and otherwise only a tag of what was typed.
    pub(super) fn failed(&self, failure: Failure, subject: Option<Subject>) {
        let Self {
            realm, name, source, ..
        } = self;
        self.refused.note(realm, &failure.to_string(), subject, *source);
        match (failure, subject) {
            (Failure::UnusableHash(_), Some(subject)) => {
                // This account cannot sign in until it gets a new password.
                tracing::warn!(event = "login_failed", reason = %failure, %realm, %subject, %source);
            }
            (_, Some(subject)) => tracing::info!(event = "login_failed", reason = %failure, %realm, %subject, %source),
            (_, None) => tracing::info!(event = "login_failed", reason = %failure, %realm, %name, %source),
        }
    }

    /// The sign-in was refused before its password was judged right or wrong.
    pub(super) fn not_judged(&self, error: &SignInError) {
        let Self {
            realm, name, source, ..
        } = self;
        match error {
            SignInError::Throttled(throttled) => {
                let seconds = throttled.retry_after.as_secs();
                self.refused.note(realm, "throttled", None, *source);
                tracing::warn!(event = "login_throttled", %realm, %name, %source, seconds);
            }
            SignInError::Busy(_) => tracing::warn!(event = "login_busy", %realm, %name, %source),
            SignInError::Unavailable(error) => tracing::error!(event = "login_unavailable", %realm, %source, %error),
            SignInError::UnknownLogin | SignInError::WrongPassword => {}
        }
    }
}

/// A login name as the log may hold it: 64 bits of a keyed hash.
///
/// The same name has the same tag, so that a series of attempts can be seen. The name, which may be a password typed
/// into the wrong field, cannot be recovered from it.
#[derive(Clone, Copy)]
pub(super) struct NameTag([u8; 8]);

impl NameTag {
    /// The tag of a folded name; of the empty text, for a name that no account can have.
    pub(super) fn new(key: &SecretKey, login: Option<&FoldedLogin>) -> Self {
        let text = login.map_or("", FoldedLogin::as_str);
        let [a, b, c, d, e, f, g, h, ..] = key.mac(&[text.as_bytes()]);
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for NameTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~{:016x}", u64::from_be_bytes(self.0))
    }
}
