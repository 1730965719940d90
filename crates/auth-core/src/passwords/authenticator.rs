//! From a login name and a password to an account.

use std::net::IpAddr;
use std::sync::Arc;

use bcrypt_batch::StoredHash;
use secrecy::SecretString;
use tracing::Instrument;

use crate::audit::{AuditEntry, RefusedSignIns};
use crate::contract::account::{Account, Realm};
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;
use crate::contract::peppers::{NoPeppers, PepperOpener};
use crate::contract::secret::SecretKey;

use super::audit::{Audit, Failure, NameTag};
use super::hashing::PasswordHasher;
use super::login_name::FoldedLogin;
use super::password_store::{PasswordRecord, PasswordStore};
use super::sign_in_error::SignInError;
use super::stored_password::StoredPassword;
use super::throttle::Throttle;

/// Checks passwords: throttle, queue, look-up, hash, result.
///
/// # Contract
/// * A check that the throttle or the queue refuses at the start reads nothing from the store.
/// * Every check that gets past the throttle and the queue does the work of one hash at the configured cost, whether
///   the login is known, disabled, without a hash, with a hash that is refused (`$2x$`, malformed, of a cost outside 4
///   to 16), and whether the password is right, wrong, over 72 bytes or has a NUL. (A stored hash of a higher cost than
///   the configured one takes its own, longer time, and so shows that the account exists. So does a hash that another system
///   made by another scheme, until its owner has signed in once.)
/// * A right password whose hash has a lower cost, or is of another scheme, is hashed again with bcrypt and stored with one
///   write that never undoes a change made meanwhile. The sign-in does not depend on it.
/// * Every check leaves one event: `login_ok`, `login_failed` with a reason, `login_throttled`, `login_busy` or
///   `login_unavailable`, with realm, client address, and the account if there is one. No event has a password or a
///   login name: a name is logged as a keyed tag.
///
/// ```
/// use std::net::IpAddr;
///
/// use auth_core::{PasswordAuthenticator, Realm, SignInError};
/// use secrecy::SecretString;
///
/// async fn status(passwords: &PasswordAuthenticator, login: &str, password: SecretString, client: IpAddr) -> u16 {
///     let realm = Realm::parse("workshops").expect("an allowed name");
///     match passwords.check(&realm, login, &password, client).await {
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
    refused: RefusedSignIns,
    peppers: Arc<dyn PepperOpener>,
}

impl PasswordAuthenticator {
    /// An authenticator over one store.
    ///
    /// All authenticators of a node share one hasher and one throttle; otherwise an attacker gets the allowance of each.
    /// `audit_key` tags login names in the log; the same key on every node and after a restart gives the same tags.
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
            refused: RefusedSignIns::default(),
            peppers: Arc::new(NoPeppers),
        }
    }

    /// One that can check hashes with a pepper, which this opens. Otherwise nobody who has such a hash can sign in.
    #[must_use]
    pub fn with_peppers(self, peppers: Arc<dyn PepperOpener>) -> Self {
        Self { peppers, ..self }
    }

    /// The sign-ins that were refused since the last call, summed up as entries of the audit log, to be
    /// [appended](crate::AuditStore::append) once a minute or so. However many there were, the entries are few: about 20.
    pub fn refused_sign_ins(&self, now: Timestamp) -> Vec<AuditEntry> {
        self.refused.take(now)
    }

    /// The account of `login` in `realm`, if `password` is its password. `login` is as typed, `source` the address of
    /// the client.
    ///
    /// The account is as it was read before the hash. Its generation is part of the grant made of it, so an issuer
    /// refuses if the account was disabled, or its sessions were revoked, meanwhile.
    ///
    /// # Errors
    /// [`SignInError`].
    ///
    /// # Security
    /// Everything but `realm` comes from the attacker. `source` must not: it is the socket's address, or the one that a
    /// trusted proxy reports.
    pub async fn check(
        &self,
        realm: &Realm,
        login: &str,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<Account, SignInError> {
        let record = self.check_record(realm, login, password, source).await?;
        Ok(record.account)
    }

    /// The same, with the hash that the password matched, as it is stored now.
    pub(super) async fn check_record(
        &self,
        realm: &Realm,
        login: &str,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<PasswordRecord, SignInError> {
        let folded = FoldedLogin::parse(login).ok();
        let audit = Audit {
            realm,
            name: NameTag::new(&self.audit_key, folded.as_ref()),
            source,
            refused: &self.refused,
        };
        let outcome = self.judge(&audit, folded.as_ref(), password).await;
        outcome.inspect_err(|error| audit.not_judged(error))
    }

    async fn judge(
        &self,
        audit: &Audit<'_>,
        login: Option<&FoldedLogin>,
        password: &SecretString,
    ) -> Result<PasswordRecord, SignInError> {
        let mut attempt = self.throttle.begin(audit.realm, login, audit.source)?;
        // Before the query: a sign-in that is refused as busy costs none.
        let place = self.hasher.admit(audit.source)?;
        let looking = tracing::debug_span!("find_account");
        let record = self.find(audit.realm, login).instrument(looking).await?;
        if let Some(record) = &record {
            self.throttle.found(&mut attempt, record.account.subject)?;
        }
        let (stored, obstacle) = match self.usable_hash(record.as_ref()) {
            Ok(stored) => (Some(stored), None),
            Err(obstacle) => (None, Some(obstacle)),
        };
        let hashing = tracing::debug_span!("hash_password");
        let verdict = place.verify(stored, password).instrument(hashing).await?;
        let wrong = (!verdict.matched).then_some(Failure::WrongPassword);
        match (record, obstacle.or(wrong)) {
            (Some(mut record), None) => {
                self.throttle.succeeded(&attempt)?;
                if let Some(hash) = verdict.upgraded {
                    self.upgrade(&mut record, &hash).await;
                }
                audit.ok(record.account.subject);
                Ok(record)
            }
            (record, failure) => {
                self.throttle.failed(&attempt)?;
                // Without a record the failure is always set, to `UnknownLogin`.
                let failure = failure.unwrap_or(Failure::UnknownLogin);
                audit.failed(failure, record.map(|record| record.account.subject));
                Err(answer_to(failure))
            }
        }
    }

    async fn find(&self, realm: &Realm, login: Option<&FoldedLogin>) -> Result<Option<PasswordRecord>, StoreError> {
        match login {
            Some(login) => self.store.find(realm, login).await,
            None => Ok(None),
        }
    }

    /// The hash that the password has to match, if there is a usable one.
    fn usable_hash(&self, record: Option<&PasswordRecord>) -> Result<StoredPassword, Failure> {
        let record = record.ok_or(Failure::UnknownLogin)?;
        if record.account.disabled {
            return Err(Failure::Disabled);
        }
        let text = record.hash.as_deref().ok_or(Failure::NoHash)?;
        StoredPassword::parse(text, &*self.peppers).map_err(Failure::UnusableHash)
    }

    /// Replaces a hash of a lower cost, or of another scheme. If that fails the sign-in still succeeds, and the next one tries again.
    async fn upgrade(&self, record: &mut PasswordRecord, hash: &StoredHash) {
        let subject = record.account.subject;
        let old = record.hash.as_deref().unwrap_or_default();
        let new = hash.to_text();
        match self.store.upgrade(subject, old, &new).await {
            Ok(true) => {
                record.hash = Some(new);
                tracing::info!(event = "password_upgraded", %subject);
            }
            // The password was changed meanwhile, and that change is kept.
            Ok(false) => {}
            Err(error) => tracing::warn!(event = "password_not_upgraded", %subject, %error),
        }
    }
}

/// What the caller learns.
fn answer_to(failure: Failure) -> SignInError {
    match failure {
        Failure::UnknownLogin => SignInError::UnknownLogin,
        Failure::Disabled | Failure::NoHash | Failure::UnusableHash(_) | Failure::WrongPassword => {
            SignInError::WrongPassword
        }
    }
}
