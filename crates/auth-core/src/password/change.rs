//! New passwords.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;

use crate::account::{Realm, Subject};
use crate::clock::Clock;
use crate::error::{StoreError, Unavailable};
use crate::hashing::{Busy, HashError, PasswordHasher};
use crate::store::PasswordStore;

use super::policy::{PasswordPolicy, PolicyViolation};
use super::{PasswordAuthenticator, SignInError};

/// Why a password was not set. The old one is still good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetPasswordError {
    /// The new password will not do. The text is for the one who chose it.
    #[error(transparent)]
    Policy(#[from] PolicyViolation),
    /// The old password was not accepted.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// There is no such account.
    #[error("no such account")]
    NoSuchAccount,
    /// There is no thread to hash it.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// It could not be stored now.
    #[error("cannot set the password: {0}")]
    Unavailable(#[from] Unavailable),
}

impl From<StoreError> for SetPasswordError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<HashError> for SetPasswordError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy(busy) => busy.into(),
            HashError::Entropy(error) => Self::Unavailable(error.into()),
            HashError::Unusable(fault) => Self::Policy(fault.into()),
        }
    }
}

/// Somebody's wish for another password.
#[derive(Debug)]
pub struct PasswordChange<'a> {
    /// Where the account lives.
    pub realm: &'a Realm,
    /// Its login name, as typed.
    pub login: &'a str,
    /// The password it has.
    pub old: &'a SecretString,
    /// The password it is to have.
    pub new: &'a SecretString,
    /// Whether that ends its sessions.
    pub end_sessions: bool,
    /// Where the wish comes from.
    pub source: IpAddr,
}

/// Sets passwords.
#[derive(Debug)]
pub struct PasswordSetter {
    store: Arc<dyn PasswordStore>,
    hasher: Arc<PasswordHasher>,
    clock: Arc<dyn Clock>,
    policy: PasswordPolicy,
}

impl PasswordSetter {
    /// A setter that keeps `policy`.
    pub fn new(
        store: Arc<dyn PasswordStore>,
        hasher: Arc<PasswordHasher>,
        clock: Arc<dyn Clock>,
        policy: PasswordPolicy,
    ) -> Self {
        Self {
            store,
            hasher,
            clock,
            policy,
        }
    }

    /// What a new password must be.
    pub const fn policy(&self) -> &PasswordPolicy {
        &self.policy
    }

    /// Gives an account a password without asking for the old one: for operators, and for after a reset.
    ///
    /// # Errors
    /// [`SetPasswordError`].
    ///
    /// # Security
    /// Whoever calls this has made sure that the caller may.
    pub async fn set(
        &self,
        subject: Subject,
        password: &SecretString,
        end_sessions: bool,
        source: IpAddr,
    ) -> Result<(), SetPasswordError> {
        self.policy.check(password)?;
        let hash = self.hasher.hash(password, source).await?.to_text();
        let now = self.clock.now();
        match self.store.set(subject, &hash, end_sessions, now).await? {
            true => {
                tracing::info!(event = "password_set", %subject, end_sessions, %source);
                Ok(())
            }
            false => Err(SetPasswordError::NoSuchAccount),
        }
    }

    /// Changes a password for somebody who knows the old one. The old one is throttled and hashed like any login.
    ///
    /// # Errors
    /// [`SetPasswordError`]. The new password is looked at first, so that a refusal of it tells nothing of the old one.
    pub async fn change(
        &self,
        authenticator: &PasswordAuthenticator,
        change: &PasswordChange<'_>,
    ) -> Result<(), SetPasswordError> {
        self.policy.check(change.new)?;
        let account = authenticator
            .check(change.realm, change.login, change.old, change.source)
            .await?;
        self.set(account.subject, change.new, change.end_sessions, change.source)
            .await
    }
}
