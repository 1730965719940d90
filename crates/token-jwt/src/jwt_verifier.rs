//! `auth_core`'s verifier over signed tokens: public keys, a clock, and what the tokens carry.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use async_trait::async_trait;
use auth_core::{
    CLOCK_SKEW, Capabilities, ClaimsProfile, Clock, PresentedToken, Rejection, SignedClaims, Timestamp, VerifiedToken,
    Verifier, VerifyError,
};

use crate::base64url;
use crate::claims_verifier::ClaimsVerifier;
use crate::error::{Class, JwtRejection, Reason};
use crate::key::KeySet;
use crate::policy::Policy;
use crate::time::{DateUnit, UnixTime};

/// What the tokens of one flavour carry, for their issuer and for every verifier of them. It names no key.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// Which claims there are, and how long a token lives.
    pub claims: ClaimsProfile,
    /// The unit of `exp` and `iat`.
    pub unit: DateUnit,
}

impl JwtConfig {
    /// A date as `exp` and `iat` have it.
    #[cfg(feature = "issuer")]
    pub(crate) fn date(&self, time: Timestamp) -> i64 {
        match self.unit {
            DateUnit::Seconds => time.as_seconds(),
            DateUnit::Milliseconds => time.as_millis(),
        }
    }

    fn time(&self, date: i64) -> Timestamp {
        match self.unit {
            DateUnit::Seconds => Timestamp::from_seconds(date),
            DateUnit::Milliseconds => Timestamp::from_millis(date),
        }
    }
}

/// Checks signed tokens: it needs public keys and a clock, and neither a signing key nor a store.
///
/// It accepts what a [`JwtIssuer`](crate::JwtIssuer) with the same [`JwtConfig`] and a signing key of this set issues.
/// It hears of no revocation: a token is good until its `exp`. Keys can be replaced while it is in use.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use auth_core::{ClaimsProfile, PresentedToken, Realm, SubjectClaim, SystemClock, Verifier};
/// use token_jwt::{DateUnit, JwtConfig, JwtVerifier, KeyError, KeySet};
///
/// fn verifier(jwk_set: &str) -> Result<JwtVerifier, KeyError> {
///     let config = JwtConfig {
///         claims: ClaimsProfile {
///             flavour: "shops".into(),
///             realm: Some(Realm::parse("shops").expect("an allowed name")),
///             lifetime: Duration::from_secs(900),
///             subject: SubjectClaim::Sub,
///             issued_at: true,
///             scope: true,
///         },
///         unit: DateUnit::Seconds,
///     };
///     let keys = KeySet::from_jwk_set(jwk_set)?;
///     Ok(JwtVerifier::new(config, keys, Arc::new(SystemClock::new())))
/// }
///
/// async fn may_read(verifier: &JwtVerifier, bearer: &str) -> bool {
///     let token = verifier.verify(&PresentedToken::bearer(bearer)).await;
///     token.is_ok_and(|token| token.subject().0 == 7)
/// }
/// ```
#[derive(Debug)]
pub struct JwtVerifier {
    config: JwtConfig,
    verifier: RwLock<ClaimsVerifier>,
    clock: Arc<dyn Clock>,
    keeps_claims: bool,
}

impl JwtVerifier {
    /// A verifier with these keys.
    ///
    /// # Security
    /// The keys must belong to this flavour alone: only the signature distinguishes one flavour's tokens from another's.
    pub fn new(config: JwtConfig, keys: impl Into<KeySet>, clock: Arc<dyn Clock>) -> Self {
        let verifier = ClaimsVerifier::new(keys, policy(&config));
        Self {
            config,
            verifier: RwLock::new(verifier),
            clock,
            keeps_claims: false,
        }
    }

    /// The same verifier, whose tokens have all their claims ([`VerifiedToken::claims_json`]), for services that read claims
    /// of their own. It costs a copy of the payload for each check.
    #[must_use]
    pub fn keeping_claims(self) -> Self {
        Self {
            keeps_claims: true,
            ..self
        }
    }

    /// What the tokens carry.
    pub fn config(&self) -> &JwtConfig {
        &self.config
    }

    /// The keys in use.
    pub fn keys(&self) -> KeySet {
        self.current().keys().clone()
    }

    /// Replaces all keys at once. A check that has begun ends with the keys it began with.
    pub fn set_keys(&self, keys: impl Into<KeySet>) {
        let verifier = ClaimsVerifier::new(keys, policy(&self.config));
        *self.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier;
    }

    /// Whether a text names a key that is not in the set, so that other keys may help: a token of an issuer that has changed
    /// its keys, or anything that was made to look like one.
    pub fn names_unknown_key(&self, text: &str) -> bool {
        self.current().names_unknown_key(text)
    }

    fn check(&self, text: &str) -> Result<VerifiedToken, VerifyError> {
        let now = self.clock.now();
        let verified = self
            .current()
            .verify::<SignedClaims<'static, i64>>(text, UnixTime::from_millis(now.as_millis()))
            .map_err(Rejection::from)?;
        let claims = verified.into_claims().map_dates(|date| Some(self.config.time(date)));
        let token = self.config.claims.verify(&claims.ok_or(Rejection::BadClaims)?, now)?;
        match self.keeps_claims {
            true => Ok(token.with_claims(payload(text).ok_or(Rejection::Malformed)?)),
            false => Ok(token),
        }
    }

    /// Held during a check: replacing the keys waits until those that have begun end, some microseconds.
    fn current(&self) -> RwLockReadGuard<'_, ClaimsVerifier> {
        self.verifier.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Verifier for JwtVerifier {
    fn flavour(&self) -> &str {
        &self.config.claims.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.expires = true;
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.check(presented.text)
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        Some(self.check(presented.text))
    }
}

/// What the strict reader checks before the claims are looked at.
/// The leeway is for tokens of nodes whose clocks are ahead. [`ClaimsProfile::verify`] gives none to the expiry.
fn policy(config: &JwtConfig) -> Policy {
    Policy::default()
        .leeway(CLOCK_SKEW)
        .max_lifetime(config.claims.lifetime)
        .date_unit(config.unit)
}

/// The payload of a token that was verified. The strict reader has read these bytes.
fn payload(text: &str) -> Option<String> {
    String::from_utf8(base64url::decode_to_vec(text.split('.').nth(1)?).ok()?).ok()
}

impl From<JwtRejection> for Rejection {
    fn from(rejection: JwtRejection) -> Self {
        let reason = rejection.reason();
        if let Reason::NotYetValid | Reason::IssuedInFuture = reason {
            return Self::NotYetValid;
        }
        match reason.class() {
            Class::Malformed => Self::Malformed,
            Class::NotForUs => Self::UnknownKey,
            Class::Signature => Self::BadSignature,
            Class::Expired => Self::Expired,
            _ => Self::BadClaims,
        }
    }
}
