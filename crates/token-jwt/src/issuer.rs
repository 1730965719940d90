//! `auth_core`'s issuer: a verifier and the key that signs what it accepts.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use auth_core::{
    Capabilities, Clock, Entropy, Grant, IssueError, IssuedToken, Issuer, Lifetime, PresentedToken, RevokeError,
    Timestamp, TokenId, Unavailable, Verification, VerifiedToken, Verifier, VerifyError,
};
use ring::rand::SystemRandom;

use crate::jwt_verifier::{JwtConfig, JwtVerifier};
use crate::key::{KeyError, KeySet, SigningKey, VerifyingKey};
use crate::signer::Signer;
use crate::time::DateUnit;

/// The keys of one issuer: one that signs, and all that verify.
#[derive(Debug)]
pub struct JwtKeys {
    signer: Signer,
    verifying: KeySet,
}

impl JwtKeys {
    /// `signing` signs; it and `others` verify.
    ///
    /// # Errors
    /// [`KeyError`] as [`KeySet::new`]: all keys of one family, each with a name of its own.
    pub fn new(signing: SigningKey, others: Vec<VerifyingKey>) -> Result<Self, KeyError> {
        let mut verifying = vec![signing.verifying_key().clone()];
        verifying.extend(others);
        Ok(Self {
            verifying: KeySet::new(verifying)?,
            signer: Signer::new(signing),
        })
    }
}

/// Issues and checks signed tokens: a [`JwtVerifier`] and a signer.
///
/// By itself it keeps no record: what it issued cannot be revoked. [`auth_core::Tracked`] makes it revocable.
#[derive(Debug)]
pub struct JwtIssuer {
    verifier: JwtVerifier,
    /// `None` after [`remove_keys`](Self::remove_keys).
    signer: RwLock<Option<Arc<Signer>>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    random: SystemRandom,
}

impl JwtIssuer {
    /// An issuer with these keys.
    pub fn new(config: JwtConfig, keys: JwtKeys, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            verifier: JwtVerifier::new(config, keys.verifying, clock.clone()),
            signer: RwLock::new(Some(Arc::new(keys.signer))),
            clock,
            entropy,
            random: SystemRandom::new(),
        }
    }

    /// What its tokens carry.
    pub fn config(&self) -> &JwtConfig {
        self.verifier.config()
    }

    /// The keys that verify.
    pub fn verifying_keys(&self) -> KeySet {
        self.verifier.keys()
    }

    /// Replaces the key that signs and the keys that verify in one step: every token that is issued from now on verifies
    /// with the new keys. What has begun ends with the keys it began with.
    pub fn set_keys(&self, keys: JwtKeys) {
        // Held until both are replaced, so that `issue` waits and never signs with a key that does not verify yet.
        let mut signer = self.signer.write().unwrap_or_else(PoisonError::into_inner);
        self.verifier.set_keys(keys.verifying);
        *signer = Some(Arc::new(keys.signer));
    }

    /// Issues and accepts nothing until [`set_keys`](Self::set_keys): for an emergency that retired every key without a
    /// new one.
    pub fn remove_keys(&self) {
        let mut signer = self.signer.write().unwrap_or_else(PoisonError::into_inner);
        self.verifier.set_keys(KeySet::empty());
        *signer = None;
    }

    fn signer(&self) -> Option<Arc<Signer>> {
        self.signer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time as `iat` and `exp` can express it.
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        match self.config().unit {
            DateUnit::Seconds => now.floor_to_second(),
            DateUnit::Milliseconds => now,
        }
    }
}

#[async_trait]
impl Verifier for JwtIssuer {
    fn flavour(&self) -> &str {
        self.verifier.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        self.verifier.capabilities()
    }

    fn verify<'s, 'p, 't, 'f>(&'s self, presented: &'p PresentedToken<'t>) -> Verification<'f>
    where
        's: 'f,
        'p: 'f,
        't: 'f,
        Self: 'f,
    {
        self.verifier.verify(presented)
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        self.verifier.verify_in_memory(presented)
    }
}

#[async_trait]
impl Issuer for JwtIssuer {
    fn lifetime(&self) -> Lifetime {
        Lifetime::Limited(self.config().claims.lifetime)
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let config = self.config();
        let unsigned = config.claims.prepare(&grant, self.now(), &*self.entropy)?;
        let claims = unsigned.claims().clone().map_dates(|time| Some(config.date(time)));
        let (signer, claims) = self.signer().zip(claims).ok_or(Unavailable::NoKey)?;
        let text = signer.sign(&claims, &self.random);
        Ok(unsigned.into_issued(text.map_err(|_| Unavailable::NoKey)?))
    }

    async fn revoke(&self, _: TokenId) -> Result<bool, RevokeError> {
        Err(RevokeError::Unsupported)
    }
}

#[cfg(test)]
mod tests;
