//! Signed tokens are checked here, with keys that are fetched from the server.

mod fetching;
mod freshness;
mod published;
mod saved_copy;
mod schedule;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, PresentedToken, Rejection, SystemClock, Unavailable, VerifiedToken, Verifier, VerifyError};
use token_jwt::{JwtConfig, JwtVerifier, KeySet};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::error::SetupError;
use crate::health::Health;
use crate::server::{CallLimits, Server};
use crate::verifier::{RemoteVerifier, Source};
use fetching::Fetching;
use saved_copy::SavedCopy;

/// Where the public keys of a flavour are, and what its tokens carry. For flavours that sign with a key pair.
///
/// ```
/// use auth_remote::{JwtConfig, KeySetSource, RemoteVerifier, SetupError};
///
/// async fn verifier(config: JwtConfig) -> Result<RemoteVerifier, SetupError> {
///     let keys = KeySetSource::new("https://auth.example/.well-known/jwks.json", config);
///     keys.saved_copy("/var/lib/games/keys.json").start().await
/// }
/// ```
///
/// # Contract
/// * Keys are fetched again when four fifths of the time have passed for which the server says that they are fresh
///   (`Cache-Control: max-age`, taken as 30 s at least and one hour at most; 5 minutes where it says nothing).
/// * A token that names an unknown key causes one fetch, however many requests carry such tokens, and at most one in five
///   seconds. In between such a token is rejected, also where the server has begun to sign with that key meanwhile (an
///   emergency rotation).
/// * The time that an answer was in a cache (`Age`) counts.
/// * Where the keys cannot be fetched, they are used for [`fail_after`](Self::fail_after); then every token is
///   [`Unavailable`] (503).
///
/// # Security
/// No revocation is seen: a token is good until its `exp`. For services that must see them, ask about each token
/// ([`IntrospectionSource`](crate::IntrospectionSource)). Keys that the server publishes for another flavour (member `flavour`), and
/// shared secrets, are not used.
#[derive(Clone, Debug)]
pub struct KeySetSource {
    url: String,
    config: JwtConfig,
    calls: CallLimits,
    fail_after: Duration,
    saved_copy: Option<SavedCopy>,
    clock: Arc<dyn Clock>,
}

impl KeySetSource {
    /// The address of the JWK Set, and what the flavour's tokens carry, as its `[[flavour]]` block says.
    pub fn new(url: &str, config: JwtConfig) -> Self {
        Self {
            url: url.to_owned(),
            config,
            calls: CallLimits {
                timeout: Duration::from_secs(5),
                most_bytes: 256 * 1024,
                roots: None,
            },
            fail_after: Duration::from_secs(60 * 60),
            saved_copy: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// How long keys are used after the server has last confirmed them. One hour by default.
    ///
    /// # Security
    /// For this long, a service that cannot reach the server goes on with a key that was stolen and retired.
    #[must_use]
    pub fn fail_after(mut self, time: Duration) -> Self {
        self.fail_after = time;
        self
    }

    /// A file in which the last keys are kept, so that the service starts while the server does not answer.
    ///
    /// # Security
    /// What is in it is public, but anyone who can write it can sign tokens. It is written with mode 0600, in one piece. It is
    /// not read where its owner is neither the user of this process nor root, where others than its owner may write it, or
    /// where it is older than [`fail_after`](Self::fail_after).
    #[must_use]
    pub fn saved_copy(mut self, file: impl AsRef<Path>) -> Self {
        self.saved_copy = Some(SavedCopy::new(file.as_ref(), &self.url));
        self
    }

    /// How long a call may take. 5 s by default.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.calls.timeout = time;
        self
    }

    /// The root certificates to verify the server by, in PEM, in place of the machine's.
    #[must_use]
    pub fn root_certificates(mut self, pem: &str) -> Self {
        self.calls.roots = Some(pem.to_owned());
        self
    }

    /// The clock; `auth_core::testing::ManualClock` in tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The verifier, with the server's keys, or those of the saved copy. Where there are neither, it starts as well, answers
    /// [`Unavailable`], and goes on trying.
    ///
    /// # Errors
    /// [`SetupError`].
    pub async fn start(self) -> Result<RemoteVerifier, SetupError> {
        let runtime = Handle::try_current().map_err(|_| SetupError::NoRuntime)?;
        let server = Server::new(&self.url, &self.calls)?;
        let verifier = JwtVerifier::new(self.config, KeySet::empty(), self.clock.clone()).keeping_claims();
        let fetching = Arc::new(Fetching::new(fetching::Parts {
            health: Health::new(server.url(), self.clock.clone()),
            server,
            verifier,
            fail_after: self.fail_after,
            patience: self.calls.timeout,
            saved_copy: self.saved_copy,
            clock: self.clock,
        }));
        fetching.begin().await;
        let task = runtime.spawn(fetching::follow(Arc::downgrade(&fetching), fetching.wanted()));
        Ok(RemoteVerifier::over(Source::KeySet(FetchedKeySet { fetching, task })))
    }
}

/// The verifier's key set source.
#[derive(Debug)]
pub(crate) struct FetchedKeySet {
    fetching: Arc<Fetching>,
    task: JoinHandle<()>,
}

impl Drop for FetchedKeySet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FetchedKeySet {
    pub(crate) fn flavour(&self) -> &str {
        self.fetching.verifier().flavour()
    }

    pub(crate) fn check_ready(&self) -> Result<(), Unavailable> {
        self.fetching.check_age()
    }

    pub(crate) async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.fetching.check_age()?;
        let verifier = self.fetching.verifier();
        match verifier.verify(presented).await {
            Err(VerifyError::Rejected(Rejection::UnknownKey)) => self.verify_again(presented).await,
            other => other,
        }
    }

    /// After a fetch; or with the keys that there are by now, where another request's fetch has brought the one that this
    /// token names.
    async fn verify_again(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let verifier = self.fetching.verifier();
        if verifier.names_unknown_key(presented.text) {
            self.fetching.look_for_new_keys().await?;
            self.fetching.check_age()?;
        }
        verifier.verify(presented).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_core::testing::ManualClock;
    use auth_core::{ClaimsProfile, Generation, Grant, Issuer, Realm, Scopes, Subject, SubjectClaim, SystemEntropy};
    use token_jwt::{Algorithm, DateUnit, JwtIssuer, JwtKeys, SigningKey, SystemRandom};

    fn config() -> JwtConfig {
        JwtConfig {
            claims: ClaimsProfile {
                flavour: "shops".into(),
                realm: Some(Realm::parse("shops").unwrap()),
                lifetime: Duration::from_secs(900),
                subject: SubjectClaim::Sub,
                issued_at: true,
                scope: true,
            },
            unit: DateUnit::Seconds,
        }
    }

    fn without_keys(clock: &Arc<ManualClock>) -> FetchedKeySet {
        let calls = KeySetSource::new("http://127.0.0.1:9/", config()).calls;
        let server = Server::new("http://127.0.0.1:9/", &calls).unwrap();
        let fetching = Arc::new(Fetching::new(fetching::Parts {
            health: Health::new(server.url(), clock.clone()),
            server,
            verifier: JwtVerifier::new(config(), KeySet::empty(), clock.clone()),
            fail_after: Duration::from_secs(3600),
            patience: Duration::from_millis(10),
            saved_copy: None,
            clock: clock.clone(),
        }));
        let task = tokio::spawn(async {});
        FetchedKeySet { fetching, task }
    }

    /// The fetch of another request has ended after this one's first check.
    #[tokio::test]
    async fn a_key_that_has_come_meanwhile_is_used_without_a_fetch() {
        let clock = Arc::new(ManualClock::new());
        let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).unwrap();
        let keys = JwtKeys::new(key, Vec::new()).unwrap();
        let issuer = JwtIssuer::new(config(), keys, clock.clone(), Arc::new(SystemEntropy));
        let realm = Realm::parse("shops").unwrap();
        let grant = Grant::new(Subject(7), Generation(0), realm, Scopes::none());
        let issued = issuer.issue(grant).await.unwrap();
        let token = PresentedToken::bearer(issued.plain.expose());

        let keys = without_keys(&clock);
        assert!(keys.verify_again(&token).await.is_err());
        keys.fetching.verifier().set_keys(issuer.verifying_keys());
        assert_eq!(keys.verify_again(&token).await.unwrap().subject(), Subject(7));
    }
}
