//! Setting and changing passwords.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;

use crate::contract::account::{Realm, Subject};
use crate::contract::clock::Clock;
use crate::contract::error::{StoreError, Unavailable};

use super::authenticator::PasswordAuthenticator;
use super::hashing::{Busy, HashError, PasswordHasher};
use super::password_store::{PasswordRecord, PasswordStore};
use super::policy::{PasswordPolicy, PolicyViolation};
use super::sign_in_error::SignInError;

/// Why a password was not set. The old one is still valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetPasswordError {
    /// The new password violates the policy. The text is for the person who chose it.
    #[error(transparent)]
    Policy(#[from] PolicyViolation),
    /// The old password was not accepted.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// There is no such account.
    #[error("no such account")]
    NoSuchAccount,
    /// No hashing thread has room for it.
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

/// A request to replace a password by its owner, who knows the old one.
#[derive(Debug)]
pub struct PasswordChange<'a> {
    /// The realm of the account.
    pub realm: &'a Realm,
    /// Its login name, as typed.
    pub login: &'a str,
    /// The password it has.
    pub old: &'a SecretString,
    /// The password it is to have.
    pub new: &'a SecretString,
    /// Whether to revoke its sessions.
    pub end_sessions: bool,
    /// The address of the client.
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
    /// A setter that enforces `policy`.
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
    /// The caller's right to do this must have been checked before.
    pub async fn set(
        &self,
        subject: Subject,
        password: &SecretString,
        end_sessions: bool,
        source: IpAddr,
    ) -> Result<(), SetPasswordError> {
        self.policy.check(password)?;
        let hash = self.hasher.hash(password, source).await?.to_text();
        match self.store.set(subject, &hash, end_sessions, self.clock.now()).await? {
            true => {
                log_set(subject, end_sessions, source);
                Ok(())
            }
            false => Err(SetPasswordError::NoSuchAccount),
        }
    }

    /// Changes a password for its owner, who knows the old one. The old one is throttled and hashed as in any sign-in.
    ///
    /// # Errors
    /// [`SetPasswordError`]. The new password is checked first, so its rejection reveals nothing about the old one.
    ///
    /// # Security
    /// If the password is set by an operator meanwhile, that one is kept and the old one is refused: an attacker who has
    /// stolen the old password cannot undo the reset that is meant to lock them out.
    pub async fn change(
        &self,
        authenticator: &PasswordAuthenticator,
        change: &PasswordChange<'_>,
    ) -> Result<(), SetPasswordError> {
        self.policy.check(change.new)?;
        let checked = change.check_old(authenticator).await?;
        let hash = self.hasher.hash(change.new, change.source).await?.to_text();
        if self.replace(&checked, &hash, change).await? {
            return Ok(());
        }
        // The stored hash has changed meanwhile: to another password's, or to the old one's at a higher cost, which a
        // sign-in stored. The latter happens once.
        let checked = change.check_old(authenticator).await?;
        match self.replace(&checked, &hash, change).await? {
            true => Ok(()),
            false => Err(SignInError::WrongPassword.into()),
        }
    }

    /// Whether the new hash has replaced the one that the old password matched.
    async fn replace(
        &self,
        checked: &PasswordRecord,
        hash: &str,
        change: &PasswordChange<'_>,
    ) -> Result<bool, SetPasswordError> {
        let (subject, end_sessions, now) = (checked.account.subject, change.end_sessions, self.clock.now());
        let old = checked.hash.as_deref().unwrap_or_default();
        let replaced = self.store.change(subject, old, hash, end_sessions, now).await?;
        if replaced {
            log_set(subject, end_sessions, change.source);
        }
        Ok(replaced)
    }
}

impl PasswordChange<'_> {
    /// The record that the old password matches.
    async fn check_old(&self, authenticator: &PasswordAuthenticator) -> Result<PasswordRecord, SignInError> {
        authenticator
            .check_record(self.realm, self.login, self.old, self.source)
            .await
    }
}

fn log_set(subject: Subject, end_sessions: bool, source: IpAddr) {
    tracing::info!(event = "password_set", %subject, end_sessions, %source);
}
