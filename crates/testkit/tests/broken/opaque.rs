//! An opaque issuer of the simplest kind, so that there is one whose secrets are stored; and two flaws of that kind.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    Capabilities, Grant, IssueError, IssuedToken, Issuer, Lifetime, NewToken, PlainToken, PresentedToken, Rejection,
    RevokeError, SecretKey, SessionRef, Sharing, TokenDigest, TokenId, Unavailable, VerifiedParts, VerifiedToken,
    Verifier, VerifyError, random_bytes,
};
use testkit::Parts;

/// How much of a token it stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stores {
    /// The digest, as it should.
    Digest,
    /// The secret itself.
    Secret,
    /// The digest, which it also accepts.
    AcceptedDigest,
}

/// `<id>.<64 hexadecimal digits>`.
#[derive(Debug)]
pub(crate) struct SimpleOpaque {
    parts: Parts,
    key: SecretKey,
    stores: Stores,
}

impl SimpleOpaque {
    pub(crate) fn build(parts: &Parts, stores: Stores) -> Arc<dyn Issuer> {
        Arc::new(Self {
            parts: parts.clone(),
            key: SecretKey::from_bytes([4; 32]),
            stores,
        })
    }

    fn digest(&self, secret: &[u8; 32]) -> TokenDigest {
        match self.stores {
            Stores::Secret => TokenDigest::from_bytes(*secret),
            _ => TokenDigest::of(secret),
        }
    }

    fn record(&self, grant: &Grant, secret: &[u8; 32]) -> NewToken {
        let now = self.parts.clock.now();
        NewToken {
            flavour: self.parts.flavour.clone(),
            realm: grant.realm.clone(),
            subject: grant.subject,
            generation: grant.generation,
            scopes: grant.scopes.clone(),
            label: grant.label.clone(),
            digest: Some(self.digest(secret)),
            salt: None,
            key: grant.key,
            made_from: None,
            parent: grant.session.map(|session| session.id),
            refresh: grant.refresh.clone(),
            issued_at: now,
            expires_at: None,
            idle: None,
        }
    }
}

#[async_trait]
impl Verifier for SimpleOpaque {
    fn flavour(&self) -> &str {
        &self.parts.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.revocable = true;
        capabilities.recorded = true;
        capabilities.current_rights = true;
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let (id, secret) = presented.text.split_once('.').ok_or(Rejection::Malformed)?;
        let id = TokenId::parse(id).ok_or(Rejection::Malformed)?;
        let secret = unhex(secret).ok_or(Rejection::Malformed)?;
        let record = self.parts.registry.live(id).await?;
        let pass_the_hash =
            self.stores == Stores::AcceptedDigest && record.digest.is_some_and(|d| *d.as_bytes() == secret);
        let right = record.digest == Some(self.digest(&secret)) || pass_the_hash;
        if *record.flavour != *self.parts.flavour || !right {
            return Err(Rejection::BadSignature.into());
        }
        Ok(VerifiedToken::dangerous_from_verifier(VerifiedParts {
            id: record.id,
            session: SessionRef {
                id: record.parent.unwrap_or(record.id),
                generation: record.generation,
                subject: record.subject,
            },
            flavour: record.flavour.clone(),
            realm: record.realm.clone(),
            scopes: record.scopes.clone(),
            issued_at: Some(record.issued_at),
            expires_at: None,
        }))
    }
}

#[async_trait]
impl Issuer for SimpleOpaque {
    fn lifetime(&self) -> Lifetime {
        Lifetime::UntilRevoked
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let store = self.parts.registry.store();
        let (id, secret) = match grant.sharing {
            Sharing::Own => {
                let secret = random_bytes(&*self.parts.entropy)?;
                (store.insert(self.record(&grant, &secret)).await?, secret)
            }
            Sharing::Shared => {
                let salt: [u8; 16] = random_bytes(&*self.parts.entropy)?;
                let new = NewToken {
                    salt: Some(salt),
                    ..self.record(&grant, &self.key.mac(&[&salt]))
                };
                let record = store.find_or_insert(new).await?.ok_or(IssueError::NotEntitled)?;
                let salt = record.salt.ok_or(Unavailable::NoKey)?;
                (Some(record.id), self.key.mac(&[&salt]))
            }
        };
        let id = id.ok_or(IssueError::NotEntitled)?;
        Ok(IssuedToken {
            plain: PlainToken::new(format!("{id}.{}", hex(&secret))),
            id,
            session: grant.session.map_or(id, |session| session.id),
            issued_at: self.parts.clock.now(),
            expires_at: None,
            key: None,
        })
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        Ok(self.parts.registry.revoke(id).await?)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 64 lower-case digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let lower = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    for (byte, pair) in bytes.iter_mut().zip(lower.then_some(text)?.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
