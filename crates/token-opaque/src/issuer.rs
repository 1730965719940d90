//! The issuer of opaque tokens.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Capabilities, Entropy, FlavourName, Grant, IdleLife, IssueError, IssuedToken, Issuer, Lifetime, NewToken,
    PresentedToken, Rejection, Replaced, RevokeError, SecretKey, SessionRef, Sharing, Timestamp, TokenId, TokenRecord,
    TokenRegistry, VerifiedToken, Verifier, VerifyError, random_bytes,
};

use crate::format::{OpaqueSecret, OpaqueToken};

/// The configuration of an issuer of opaque tokens.
#[derive(Debug)]
pub struct OpaqueConfig {
    /// The flavour of its tokens.
    pub flavour: FlavourName,
    /// Their lifetime.
    pub lifetime: Lifetime,
    /// How long a token may be unused: it expires so long after its last use, and when its lifetime is over. `None`: as long as it lives.
    /// It is meant in days, and has to be more than a minute: uses are known to other nodes some seconds later. Sessions that are refreshed
    /// have an idle time of their own, and are not concerned.
    pub idle: Option<Duration>,
    /// The key from which shared tokens are derived. No other issuer may have it, and it must not be in the store.
    pub key: SecretKey,
}

/// Issues and checks opaque tokens. They are revocable and recorded without a decorator.
#[derive(Debug)]
pub struct OpaqueIssuer {
    config: OpaqueConfig,
    registry: Arc<TokenRegistry>,
    entropy: Arc<dyn Entropy>,
}

impl OpaqueIssuer {
    /// An issuer that stores its records in the store of `registry`.
    pub fn new(config: OpaqueConfig, registry: Arc<TokenRegistry>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            config,
            registry,
            entropy,
        }
    }

    async fn issue_own(&self, grant: Grant, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let secret = OpaqueSecret::random(&*self.entropy)?;
        if grant.refresh.is_some() {
            return self.issue_in_new_session(grant, secret, now).await;
        }
        let new = NewToken {
            digest: Some(secret.digest()),
            ..self.record(&grant, now)
        };
        let (expires_at, parent) = (new.expires_at, new.parent);
        let id = self
            .registry
            .store()
            .insert(new)
            .await?
            .ok_or(IssueError::NotEntitled)?;
        Ok(issued(secret, (id, parent), now, expires_at))
    }

    /// A session that is refreshed outlives its access tokens: it gets a record, and each access token another one that
    /// belongs to it.
    async fn issue_in_new_session(
        &self,
        grant: Grant,
        secret: OpaqueSecret,
        now: Timestamp,
    ) -> Result<IssuedToken, IssueError> {
        let session = NewToken {
            refresh: grant.refresh.clone(),
            expires_at: grant.session_expires_at,
            ..self.record(&grant, now)
        };
        let store = self.registry.store();
        let parent = store.insert(session).await?.ok_or(IssueError::NotEntitled)?;
        let token = NewToken {
            digest: Some(secret.digest()),
            parent: Some(parent),
            ..self.record(&grant, now)
        };
        let expires_at = token.expires_at;
        let id = store.insert(token).await?.ok_or(IssueError::NotEntitled)?;
        Ok(issued(secret, (id, Some(parent)), now, expires_at))
    }

    async fn issue_shared(&self, grant: Grant, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let salt = random_bytes(&*self.entropy)?;
        let new = NewToken {
            digest: Some(OpaqueSecret::derived(&self.config.key, &salt).digest()),
            salt: Some(salt),
            ..self.record(&grant, now)
        };
        let found = self.registry.store().find_or_insert(new).await?;
        let record = found.ok_or(IssueError::NotEntitled)?;
        let salt = record.salt.ok_or(auth_core::Unavailable::NoKey)?;
        let secret = OpaqueSecret::derived(&self.config.key, &salt);
        if record.digest != Some(secret.digest()) {
            // The record was made with another key: the token that we would show would be refused.
            return Err(auth_core::Unavailable::NoKey.into());
        }
        let record_and_parent = (record.id, record.parent);
        Ok(issued(secret, record_and_parent, record.issued_at, record.expires_at))
    }

    /// The token of this live record, to which its secret belongs.
    fn accept(&self, record: &TokenRecord) -> Result<VerifiedToken, VerifyError> {
        if *record.flavour != *self.config.flavour {
            return Err(Rejection::WrongFlavour.into());
        }
        if let Some(end) = record.expires_at {
            let now = self.registry.now();
            if end <= now {
                return Err(Rejection::Expired.into());
            }
            if record.is_from_the_future(now) {
                return Err(Rejection::NotYetValid.into());
            }
        }
        self.registry.note_used(record.id);
        Ok(VerifiedToken::dangerous_from_verifier(record.into()))
    }

    /// The token, whose record in memory has expired by now, if the record in the store has not.
    async fn accept_if_used_elsewhere(
        &self,
        token: &OpaqueToken<'_>,
        presented: &PresentedToken<'_>,
    ) -> Result<VerifiedToken, VerifyError> {
        let record = self.registry.read_again(token.id).await?;
        if record.digest != Some(token.digest()) {
            return Err(Rejection::BadSignature.into());
        }
        self.accept(&record)
            .inspect_err(|_| self.registry.forget_expired(token.id, presented.text))
    }

    /// The record of a token that is a session of its own. A token of another session, or one that starts a refresh family, is none.
    fn own_record(&self, grant: &Grant, secret: &OpaqueSecret, now: Timestamp) -> Result<NewToken, IssueError> {
        if grant.session.is_some() || grant.refresh.is_some() {
            return Err(IssueError::Unsupported);
        }
        Ok(NewToken {
            digest: Some(secret.digest()),
            ..self.record(grant, now)
        })
    }

    fn record(&self, grant: &Grant, now: Timestamp) -> NewToken {
        let ends_at = self.config.lifetime.end(now);
        let idles = grant.refresh.is_none() && grant.session.is_none();
        let idle = self
            .config
            .idle
            .filter(|_| idles)
            .map(|after| IdleLife { after, ends_at });
        NewToken {
            parent: grant.session.map(|session| session.id),
            expires_at: idle.map_or(ends_at, |idle| Some(idle.expiry(now))),
            idle,
            ..NewToken::of(grant, self.config.flavour.clone(), now)
        }
    }
}

#[async_trait]
impl Verifier for OpaqueIssuer {
    fn flavour(&self) -> &str {
        &self.config.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.revocable = true;
        capabilities.recorded = true;
        capabilities.current_rights = true;
        capabilities.expires = matches!(self.config.lifetime, Lifetime::Limited(_)) || self.config.idle.is_some();
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let token = OpaqueToken::parse(presented.text).ok_or(Rejection::Malformed)?;
        let digest = token.digest();
        let belongs = |record: &TokenRecord| record.digest == Some(digest);
        let record = self.registry.live_presented(token.id, presented, belongs).await?;
        match self.accept(&record) {
            Err(VerifyError::Rejected(Rejection::Expired)) if self.config.idle.is_some() => {
                self.accept_if_used_elsewhere(&token, presented).await
            }
            judged => judged,
        }
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        let Some(token) = OpaqueToken::parse(presented.text) else {
            return Some(Err(Rejection::Malformed.into()));
        };
        let record = match self.registry.live_in_memory(token.id)? {
            Ok(record) => record,
            Err(ended) => return Some(Err(ended)),
        };
        if record.digest != Some(token.digest()) {
            return Some(Err(Rejection::BadSignature.into()));
        }
        match self.accept(&record) {
            Err(VerifyError::Rejected(Rejection::Expired)) if self.config.idle.is_some() => None,
            judged => Some(judged),
        }
    }
}

#[async_trait]
impl Issuer for OpaqueIssuer {
    fn lifetime(&self) -> Lifetime {
        self.config.lifetime
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let now = self.registry.now();
        match grant.sharing {
            Sharing::Own => self.issue_own(grant, now).await,
            Sharing::Shared => self.issue_shared(grant, now).await,
        }
    }

    async fn issue_from(
        &self,
        maker: TokenId,
        ends_at: Option<Timestamp>,
        grant: Grant,
    ) -> Result<IssuedToken, IssueError> {
        let now = self.registry.now();
        let secret = OpaqueSecret::random(&*self.entropy)?;
        let new = NewToken {
            made_from: Some(maker),
            ..self.own_record(&grant, &secret, now)?.ending_by(ends_at)
        };
        let expires_at = new.expires_at;
        let id = self.registry.store().insert(new).await?;
        let id = id.ok_or(IssueError::NotEntitled)?;
        Ok(issued(secret, (id, None), now, expires_at))
    }

    async fn replace(&self, old: TokenId, old_ends_at: Timestamp, grant: Grant) -> Result<Replaced, IssueError> {
        let now = self.registry.now();
        let secret = OpaqueSecret::random(&*self.entropy)?;
        let new = self.own_record(&grant, &secret, now)?;
        let made = self.registry.replace(old, new, old_ends_at).await?;
        let made = made.ok_or(IssueError::NotEntitled)?;
        Ok(Replaced {
            token: issued(secret, (made.id, None), now, made.expires_at),
            old_ends_at: made.old_ends_at,
        })
    }

    async fn session_of(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, VerifyError> {
        let Some(token) = OpaqueToken::parse(presented.text) else {
            return Ok(None);
        };
        let digest = token.digest();
        let belongs = |record: &TokenRecord| record.digest == Some(digest) && *record.flavour == *self.config.flavour;
        match self.registry.live_presented(token.id, presented, belongs).await {
            Ok(record) => Ok(Some(record.session())),
            Err(VerifyError::Rejected(_)) => Ok(None),
            Err(unavailable) => Err(unavailable),
        }
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        Ok(self.registry.revoke(id).await?)
    }

    async fn shorten(&self, id: TokenId, until: Timestamp) -> Result<bool, RevokeError> {
        Ok(self.registry.shorten(id, until).await?)
    }
}

/// The token of a record, which belongs to its parent's session or is its own.
fn issued(
    secret: OpaqueSecret,
    (id, parent): (TokenId, Option<TokenId>),
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
) -> IssuedToken {
    IssuedToken {
        plain: secret.into_token(id),
        id,
        session: parent.unwrap_or(id),
        issued_at,
        expires_at,
        key: None,
    }
}
