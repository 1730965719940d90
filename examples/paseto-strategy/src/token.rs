//! One token: `v4.public.<claims and signature>.<footer>`. The claims are JSON with ISO 8601 times, the footer names the
//! key, and the name of the flavour is signed along with them (the implicit assertion).

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use auth_core::{
    Capabilities, ClaimsProfile, Clock, Entropy, Grant, IssueError, IssuedToken, Issuer, Lifetime, PresentedToken,
    Rejection, RevokeError, SignedClaims, Timestamp, TokenId, Unavailable, VerifiedToken, Verifier, VerifyError,
};
use chrono::{DateTime, SecondsFormat};
use pasetors::Public;
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use serde::{Deserialize, Serialize};

use crate::keys::PasetoKeys;

/// Longer text is refused before it is read.
const MAX_BYTES: usize = 8192;

/// Issues and checks the tokens of one flavour. `Tracked` makes them revocable.
#[derive(Debug)]
pub struct PasetoIssuer {
    profile: ClaimsProfile,
    keys: RwLock<Arc<PasetoKeys>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl PasetoIssuer {
    /// An issuer with these keys.
    pub fn new(profile: ClaimsProfile, keys: PasetoKeys, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let keys = RwLock::new(Arc::new(keys));
        Self {
            profile,
            keys,
            clock,
            entropy,
        }
    }

    /// Puts other keys in use, from the next token on.
    pub fn set_keys(&self, keys: PasetoKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<PasetoKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sign(&self, claims: &SignedClaims<'_>) -> Option<String> {
        let keys = self.keys();
        let (kid, key) = keys.signing.as_ref()?;
        let footer = serde_json::to_vec(&Footer { kid: kid.into() }).ok()?;
        let payload = serde_json::to_vec(&claims.clone().map_dates(date)?).ok()?;
        let flavour = self.profile.flavour.as_bytes();
        PublicToken::sign(key, &payload, Some(&footer), Some(flavour)).ok()
    }

    fn check(&self, text: &str, now: Timestamp) -> Result<VerifiedToken, Rejection> {
        if text.len() > MAX_BYTES {
            return Err(Rejection::Malformed);
        }
        let token = UntrustedToken::<Public, V4>::try_from(text).map_err(|_| Rejection::Malformed)?;
        let footer: Footer<'_> = serde_json::from_slice(token.untrusted_footer()).map_err(|_| Rejection::Malformed)?;
        let keys = self.keys();
        let key = keys.verifying.iter().find(|(kid, _)| *kid == footer.kid);
        let (_, key) = key.ok_or(Rejection::UnknownKey)?;
        let flavour = self.profile.flavour.as_bytes();
        let trusted = PublicToken::verify(key, &token, None, Some(flavour)).map_err(|_| Rejection::BadSignature)?;
        let claims: SignedClaims<'_, String> =
            serde_json::from_str(trusted.payload()).map_err(|_| Rejection::BadClaims)?;
        self.profile
            .verify(&claims.map_dates(moment).ok_or(Rejection::BadClaims)?, now)
    }
}

#[async_trait]
impl Verifier for PasetoIssuer {
    fn flavour(&self) -> &str {
        &self.profile.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.expires = true;
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        Ok(self.check(presented.text, self.clock.now())?)
    }
}

#[async_trait]
impl Issuer for PasetoIssuer {
    fn lifetime(&self) -> Lifetime {
        Lifetime::Limited(self.profile.lifetime)
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let now = self.clock.now().floor_to_second();
        let unsigned = self.profile.prepare(&grant, now, &*self.entropy)?;
        let text = self.sign(unsigned.claims()).ok_or(Unavailable::NoKey)?;
        Ok(unsigned.into_issued(text))
    }

    async fn revoke(&self, _: TokenId) -> Result<bool, RevokeError> {
        Err(RevokeError::Unsupported)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer<'a> {
    kid: Cow<'a, str>,
}

fn date(at: Timestamp) -> Option<String> {
    let date = DateTime::from_timestamp_millis(at.as_millis())?;
    Some(date.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn moment(date: String) -> Option<Timestamp> {
    let date = DateTime::parse_from_rfc3339(&date).ok()?;
    Some(Timestamp::from_millis(date.timestamp_millis()))
}
