//! Login and password to account: the same work whoever it is, and one refusal for many reasons.

mod audit;
mod change;
mod common;
mod policy;

use std::net::IpAddr;
use std::sync::Arc;

use bcrypt_batch::{Cost, StoredHash};
use secrecy::SecretString;

use crate::account::{Account, FoldedLogin, Realm};
use crate::error::{StoreError, Unavailable};
use crate::hashing::{Busy, PasswordHasher};
use crate::secret::SecretKey;
use crate::store::{PasswordRecord, PasswordStore};
use crate::throttle::{Throttle, Throttled};

pub use change::{PasswordChange, PasswordSetter, SetPasswordError};
pub use policy::{PasswordPolicy, PolicyViolation};

use audit::{Audit, Failure, NameTag};

/// Why somebody was not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Nobody has this login name. A dialect tells it from [`WrongPassword`](Self::WrongPassword) only where its
    /// document says so.
    #[error("unknown login")]
    UnknownLogin,
    /// The password is wrong, or the account cannot sign in: disabled, without a password, or with one that proves
    /// nothing.
    #[error("wrong password")]
    WrongPassword,
    /// Too many failures; the password was not looked at, or its verdict is not told.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// Too many logins at once; the password was not looked at.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password could not be looked at.
    #[error("cannot sign in: {0}")]
    Unavailable(#[from] Unavailable),
}

impl SignInError {
    /// After how many seconds to try again, for a `Retry-After` header; `None` where waiting changes nothing, or
    /// nobody knows how long.
    pub fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::Throttled(throttled) => throttled.retry_after,
            Self::Busy(busy) => busy.retry_after,
            Self::UnknownLogin | Self::WrongPassword | Self::Unavailable(_) => return None,
        };
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Checks passwords: throttle, look-up, hash, verdict.
///
/// # Contract
/// * Every check that gets past the throttle and the queue does the work of one hash at the configured cost, whether
///   the login is known, disabled, without a hash, with one that is refused (`$2x$`, malformed, of a cost outside 4 to
///   16), and whether the password is right, wrong, over 72 bytes or has a NUL. (A stored hash of a higher cost than
///   the configured one takes its own, longer time, and so shows that the account exists.)
/// * A password that is right against a hash of a lower cost is hashed anew and stored with one write that never undoes
///   a change made meanwhile. The sign-in does not depend on it.
/// * Every check leaves one event: `login_ok`, `login_failed` with a reason, `login_throttled`, `login_busy` or
///   `login_unavailable`, with realm, client address, and the account if there is one. No event has a password, nor a
///   login name: of a name only a keyed tag is told.
///
/// ```
/// use std::net::IpAddr;
///
/// use auth_core::{PasswordAuthenticator, Realm, SignInError};
/// use secrecy::SecretString;
///
/// async fn status(desk: &PasswordAuthenticator, login: &str, password: SecretString, client: IpAddr) -> u16 {
///     let realm = Realm::parse("workshops").expect("an allowed name");
///     match desk.check(&realm, login, &password, client).await {
///         Ok(_account) => 200,
///         Err(SignInError::UnknownLogin | SignInError::WrongPassword) => 401,
///         Err(SignInError::Throttled(_)) => 429,
///         Err(_) => 503,
///     }
/// }
/// ```
#[derive(Debug)]
pub struct PasswordAuthenticator {
    store: Arc<dyn PasswordStore>,
    hasher: Arc<PasswordHasher>,
    throttle: Arc<Throttle>,
    audit_key: SecretKey,
}

impl PasswordAuthenticator {
    /// An authenticator over one store. All of a node share one hasher and one throttle, or an attacker gets the
    /// allowance of each. `audit_key` tags login names in the log; the same key on every node and after a restart
    /// gives the same tags.
    pub fn new(
        store: Arc<dyn PasswordStore>,
        hasher: Arc<PasswordHasher>,
        throttle: Arc<Throttle>,
        audit_key: SecretKey,
    ) -> Self {
        Self {
            store,
            hasher,
            throttle,
            audit_key,
        }
    }

    /// The account of `login` in `realm`, if `password` is its password. `login` is as typed, `source` the address of
    /// the client.
    ///
    /// The account is as it was read before the hash. Its generation is part of the grant made of it, so that an issuer
    /// refuses if it was disabled, or its sessions ended, meanwhile.
    ///
    /// # Errors
    /// [`SignInError`].
    ///
    /// # Security
    /// Everything but `realm` comes from the attacker. `source` must not: it is the socket's address, or that which a
    /// trusted proxy gives.
    pub async fn check(
        &self,
        realm: &Realm,
        login: &str,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<Account, SignInError> {
        let credential = self.prove(realm, login, password, source).await?;
        Ok(credential.account)
    }

    /// The same, with the hash that the password matched, as it is stored now.
    async fn prove(
        &self,
        realm: &Realm,
        login: &str,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<PasswordRecord, SignInError> {
        let folded = FoldedLogin::parse(login);
        let audit = Audit {
            realm,
            name: NameTag::new(&self.audit_key, folded.as_ref()),
            source,
        };
        let outcome = self.judge(&audit, folded.as_ref(), password).await;
        outcome.inspect_err(|error| audit.refused(error))
    }

    async fn judge(
        &self,
        audit: &Audit<'_>,
        login: Option<&FoldedLogin>,
        password: &SecretString,
    ) -> Result<PasswordRecord, SignInError> {
        let attempt = self.throttle.begin(audit.realm, login, audit.source)?;
        let credential = self.find(audit.realm, login).await?;
        let (stored, obstacle) = match usable_hash(credential.as_ref()) {
            Ok(stored) => (Some(stored), None),
            Err(obstacle) => (None, Some(obstacle)),
        };
        let verdict = self.hasher.verify(stored, password, audit.source).await?;
        let wrong = (!verdict.matched).then_some(Failure::Wrong);
        match (credential, obstacle.or(wrong)) {
            (Some(mut credential), None) => {
                self.throttle.succeeded(&attempt)?;
                if let Some(hash) = verdict.upgraded {
                    self.upgrade(&mut credential, &hash).await;
                }
                audit.ok(credential.account.subject);
                Ok(credential)
            }
            (credential, failure) => {
                self.throttle.failed(&attempt)?;
                // Where nobody was found, that is the obstacle.
                let failure = failure.unwrap_or(Failure::Unknown);
                audit.failed(failure, credential.map(|credential| credential.account.subject));
                Err(refusal(failure))
            }
        }
    }

    async fn find(&self, realm: &Realm, login: Option<&FoldedLogin>) -> Result<Option<PasswordRecord>, StoreError> {
        match login {
            Some(login) => self.store.find(realm, login).await,
            None => Ok(None),
        }
    }

    /// Replaces a hash of a lower cost. Whatever comes of it, the sign-in goes on; the next one tries again.
    async fn upgrade(&self, credential: &mut PasswordRecord, hash: &StoredHash) {
        let subject = credential.account.subject;
        let old = credential.hash.as_deref().unwrap_or_default();
        let new = hash.to_text();
        match self.store.upgrade(subject, old, &new).await {
            Ok(true) => {
                credential.hash = Some(new);
                tracing::info!(event = "password_upgraded", %subject);
            }
            // The password was changed meanwhile; the new one stands.
            Ok(false) => {}
            Err(error) => tracing::warn!(event = "password_not_upgraded", %subject, %error),
        }
    }
}

/// The hash that the password has to match, if it can match one at all.
fn usable_hash(credential: Option<&PasswordRecord>) -> Result<StoredHash, Failure> {
    let credential = credential.ok_or(Failure::Unknown)?;
    if credential.account.disabled {
        return Err(Failure::Disabled);
    }
    let text = credential.hash.as_deref().ok_or(Failure::NoHash)?;
    StoredHash::parse(text, &Cost::ACCEPTED).map_err(Failure::UnusableHash)
}

/// What the caller learns.
fn refusal(failure: Failure) -> SignInError {
    match failure {
        Failure::Unknown => SignInError::UnknownLogin,
        Failure::Disabled | Failure::NoHash | Failure::UnusableHash(_) | Failure::Wrong => SignInError::WrongPassword,
    }
}
