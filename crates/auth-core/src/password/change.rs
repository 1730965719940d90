//! New passwords.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::SecretString;

use crate::account::{Realm, Subject};
use crate::clock::Clock;
use crate::error::{StoreError, Unavailable};
use crate::hashing::{Busy, HashError, PasswordHasher};
use crate::store::{PasswordRecord, PasswordStore};

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
        match self.store.set(subject, &hash, end_sessions, self.clock.now()).await? {
            true => {
                tell(subject, end_sessions, source);
                Ok(())
            }
            false => Err(SetPasswordError::NoSuchAccount),
        }
    }

    /// Changes a password for somebody who knows the old one. The old one is throttled and hashed like any login.
    ///
    /// # Errors
    /// [`SetPasswordError`]. The new password is looked at first, so that a refusal of it tells nothing of the old one.
    ///
    /// # Security
    /// A password that somebody else sets meanwhile stands, and the old one is refused: who has stolen it cannot
    /// undo the reset that is to shut them out.
    pub async fn change(
        &self,
        authenticator: &PasswordAuthenticator,
        change: &PasswordChange<'_>,
    ) -> Result<(), SetPasswordError> {
        self.policy.check(change.new)?;
        let proven = change.prove(authenticator).await?;
        let hash = self.hasher.hash(change.new, change.source).await?.to_text();
        if self.replace(&proven, &hash, change).await? {
            return Ok(());
        }
        // The stored hash is another by now: of another password, or of the old one, raised in its cost by a sign-in.
        // That happens once.
        let proven = change.prove(authenticator).await?;
        match self.replace(&proven, &hash, change).await? {
            true => Ok(()),
            false => Err(SignInError::WrongPassword.into()),
        }
    }

    /// Whether the new hash has taken the place of the proven one.
    async fn replace(
        &self,
        proven: &PasswordRecord,
        hash: &str,
        change: &PasswordChange<'_>,
    ) -> Result<bool, SetPasswordError> {
        let (subject, end_sessions, now) = (proven.account.subject, change.end_sessions, self.clock.now());
        let old = proven.hash.as_deref().unwrap_or_default();
        let replaced = self.store.change(subject, old, hash, end_sessions, now).await?;
        if replaced {
            tell(subject, end_sessions, change.source);
        }
        Ok(replaced)
    }
}

impl PasswordChange<'_> {
    /// What the old password proves.
    async fn prove(&self, authenticator: &PasswordAuthenticator) -> Result<PasswordRecord, SignInError> {
        authenticator.prove(self.realm, self.login, self.old, self.source).await
    }
}

fn tell(subject: Subject, end_sessions: bool, source: IpAddr) {
    tracing::info!(event = "password_set", %subject, end_sessions, %source);
}
