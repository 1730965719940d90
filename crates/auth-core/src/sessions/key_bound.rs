//! Makes the tokens of any recorded issuer valid only together with a key issued beside them.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::{Builder, Uuid};

use super::registry::TokenRegistry;
use crate::contract::entropy::{Entropy, EntropyError, random_bytes};
use crate::contract::error::{IssueError, IssuerSetupError, Rejection, RevokeError, VerifyError};
use crate::contract::issuer::{Capabilities, Issuer, Verifier};
use crate::contract::secret::TokenDigest;
use crate::contract::token::{Grant, IssuedToken, Lifetime, PresentedToken, Sharing, TokenId};
use crate::contract::token_store::TokenRecord;
use crate::contract::verified_token::{VerifiedParts, VerifiedToken};

/// Issues a key (UUID version 4, RFC 9562 5.4) with every token, and accepts a token only with the key of the same
/// live session. The key is 122 random bits, and worthless without the token. Its digest is in the session's record, which is
/// read once and then cached.
#[derive(Debug)]
pub struct KeyBound<I> {
    inner: I,
    registry: Arc<TokenRegistry>,
    entropy: Arc<dyn Entropy>,
}

impl<I: Issuer> KeyBound<I> {
    /// `inner`, bound to keys.
    ///
    /// # Errors
    /// [`IssuerSetupError::SessionsNotRecorded`] if `inner` records no sessions in which to keep them.
    pub fn new(inner: I, registry: Arc<TokenRegistry>, entropy: Arc<dyn Entropy>) -> Result<Self, IssuerSetupError> {
        if !inner.capabilities().recorded {
            return Err(IssuerSetupError::SessionsNotRecorded {
                flavour: inner.flavour().into(),
                needed_by: "binding to a key",
            });
        }
        Ok(Self {
            inner,
            registry,
            entropy,
        })
    }
}

#[async_trait]
impl<I: Issuer> Verifier for KeyBound<I> {
    fn flavour(&self) -> &str {
        self.inner.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            key_bound: true,
            ..self.inner.capabilities()
        }
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let key = key_of(presented)?;
        let token = self.inner.verify(presented).await?;
        let record = self.registry.session(&token.session(), self.flavour()).await?;
        accept(token, &record, &key)
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        let key = match key_of(presented) {
            Ok(key) => key,
            Err(rejected) => return Some(Err(rejected)),
        };
        let token = match self.inner.verify_in_memory(presented)? {
            Ok(token) => token,
            rejected => return Some(rejected),
        };
        let record = self.registry.session_in_memory(&token.session(), self.flavour())?;
        Some(record.and_then(|record| accept(token, &record, &key)))
    }
}

/// The token, which was checked, if the key is that of its live session.
fn accept(token: VerifiedToken, session: &TokenRecord, key: &TokenDigest) -> Result<VerifiedToken, VerifyError> {
    if session.key.as_ref() != Some(key) {
        return Err(Rejection::KeyMismatch.into());
    }
    Ok(VerifiedToken::dangerous_from_verifier(VerifiedParts {
        scopes: session.scopes.clone(),
        realm: session.realm.clone(),
        ..token.into_parts()
    }))
}

/// The digest of the key that was presented.
fn key_of(presented: &PresentedToken<'_>) -> Result<TokenDigest, VerifyError> {
    let key = presented.key.ok_or(Rejection::KeyMissing)?;
    Ok(digest_of_canonical(key).ok_or(Rejection::Malformed)?)
}

#[async_trait]
impl<I: Issuer> Issuer for KeyBound<I> {
    fn lifetime(&self) -> Lifetime {
        self.inner.lifetime()
    }

    /// A token of an existing session belongs to the key that its bearer already has, so it is issued without one. A key
    /// belongs to one session, so a session created here is never shared.
    async fn issue(&self, mut grant: Grant) -> Result<IssuedToken, IssueError> {
        if grant.session.is_some() {
            return self.inner.issue(grant).await;
        }
        grant.sharing = Sharing::Own;
        let key = random_uuid(&*self.entropy)?;
        grant.key = Some(digest_of(&key));
        let token = self.inner.issue(grant).await?;
        Ok(IssuedToken {
            key: Some(key),
            ..token
        })
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        self.inner.revoke(id).await
    }
}

fn random_uuid(entropy: &dyn Entropy) -> Result<Uuid, EntropyError> {
    Ok(Builder::from_random_bytes(random_bytes(entropy)?).into_uuid())
}

fn digest_of(key: &Uuid) -> TokenDigest {
    TokenDigest::of(key.as_bytes())
}

/// Only the spelling in which keys are issued: 36 characters, lower case, with hyphens. `Uuid` alone would also take
/// upper case, braces, `urn:uuid:` and 32 bare digits.
fn digest_of_canonical(text: &str) -> Option<TokenDigest> {
    let canonical = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
    let key = canonical.then(|| Uuid::try_parse(text).ok())??;
    Some(digest_of(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let key = "8fd26a17-eb28-4c74-aa6f-a3794f4f466c";
        assert!(digest_of_canonical(key).is_some());
        for other in [
            key.to_uppercase(),
            key.replace('-', ""),
            format!("{{{key}}}"),
            format!("urn:uuid:{key}"),
            format!("{key} "),
            key[1..].into(),
            String::new(),
        ] {
            assert!(digest_of_canonical(&other).is_none(), "{other:?}");
        }
    }
}
