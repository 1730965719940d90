//! The server's contract over the pure functions: signed tokens that name a session.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Capabilities, Clock, Entropy, FlavourName, Grant, IssueError, IssuedToken, Issuer, Lifetime, PlainToken,
    PresentedToken, Realm, Rejection, RevokeError, Scopes, SessionRef, Timestamp, TokenId, Unavailable, VerifiedParts,
    VerifiedToken, VerifyError, random_bytes,
};
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

use crate::error::{Class, JwtRejection};
use crate::key::{KeyError, KeySet, SigningKey, VerifyingKey};
use crate::policy::Policy;
use crate::sign::Signer;
use crate::time::{DateUnit, UnixTime};
use crate::verify::ClaimsVerifier;

/// The claim that names the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectClaim {
    /// `user_id`, an integer.
    UserId,
    /// `sub`, a string (RFC 7519 4.1.2).
    Sub,
    /// None: the session alone names it.
    Session,
}

/// What an issuer's tokens say, and how long they live.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// The flavour whose tokens these are.
    pub flavour: FlavourName,
    /// The realm of all its subjects; `None`: a claim `realm` says.
    pub realm: Option<Realm>,
    /// How long a token lives: whole seconds.
    pub lifetime: Duration,
    /// Which claim names the subject.
    pub subject: SubjectClaim,
    /// Whether there is an `iat`.
    pub issued_at: bool,
    /// Whether the rights of a grant stand in a claim `scope` (RFC 9068 2.2.3), when there are any.
    pub scope: bool,
    /// The unit of `exp` and `iat`.
    pub unit: DateUnit,
}

/// The keys of one issuer: one that signs, and all that verify. Made anew for each change.
#[derive(Debug)]
pub struct JwtKeys {
    signer: Signer,
    verifier: ClaimsVerifier,
}

impl JwtKeys {
    /// `signing` signs; it and `others` verify.
    ///
    /// # Errors
    /// [`KeyError`] as [`KeySet::new`]: all keys of one family, each with a name of its own.
    pub fn new(config: &JwtConfig, signing: SigningKey, others: Vec<VerifyingKey>) -> Result<Self, KeyError> {
        let mut keys = vec![signing.verifying_key().clone()];
        keys.extend(others);
        Ok(Self {
            verifier: ClaimsVerifier::new(KeySet::new(keys)?, policy(config)),
            signer: Signer::new(signing),
        })
    }

    /// The keys that verify.
    #[must_use]
    pub fn verifying(&self) -> &KeySet {
        self.verifier.keys()
    }
}

/// Issues and checks signed tokens. By itself stateless: what it issued cannot be revoked, for which there is
/// [`auth_core::Tracked`].
///
/// Claims: the subject as configured, `exp`, `iat`, and `sid`, which is a [`SessionRef`]: session, generation, subject.
#[derive(Debug)]
pub struct JwtIssuer {
    config: JwtConfig,
    keys: RwLock<Arc<JwtKeys>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    random: SystemRandom,
}

impl JwtIssuer {
    /// An issuer with these keys.
    pub fn new(config: JwtConfig, keys: JwtKeys, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            config,
            keys: RwLock::new(Arc::new(keys)),
            clock,
            entropy,
            random: SystemRandom::new(),
        }
    }

    /// What its tokens say.
    pub fn config(&self) -> &JwtConfig {
        &self.config
    }

    /// The keys in use.
    pub fn keys(&self) -> Arc<JwtKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other keys in use, from the next token on; no token in flight is lost.
    pub fn set_keys(&self, keys: JwtKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The session a grant names, or a number that nothing stores.
    fn session_of(&self, grant: &Grant) -> Result<SessionRef, IssueError> {
        if let Some(session) = grant.session {
            return Ok(session);
        }
        let id = i64::from_be_bytes(random_bytes(&*self.entropy)?) & i64::MAX;
        Ok(SessionRef {
            id: TokenId(id),
            generation: grant.generation,
            subject: grant.subject,
        })
    }

    fn claims<'a>(&self, grant: &'a Grant, session: SessionRef, issued_at: Timestamp, end: Timestamp) -> Claims<'a> {
        let subject = session.subject;
        let scoped = self.config.scope && !grant.scopes.is_empty();
        Claims {
            user_id: (self.config.subject == SubjectClaim::UserId).then_some(subject.0),
            sub: (self.config.subject == SubjectClaim::Sub).then(|| subject.to_string().into()),
            exp: self.number(end),
            iat: self.config.issued_at.then(|| self.number(issued_at)),
            sid: session.to_string().into(),
            realm: self.config.realm.is_none().then(|| grant.realm.as_str().into()),
            scope: scoped.then(|| grant.scopes.to_string().into()),
        }
    }

    fn number(&self, moment: Timestamp) -> i64 {
        match self.config.unit {
            DateUnit::Seconds => moment.as_seconds(),
            DateUnit::Milliseconds => moment.as_millis(),
        }
    }

    /// A moment as the token can say it.
    fn round(&self, moment: Timestamp) -> Timestamp {
        match self.config.unit {
            DateUnit::Seconds => moment.floor_to_second(),
            DateUnit::Milliseconds => moment,
        }
    }

    fn said(&self, claims: &Claims<'_>, issued_at: Option<UnixTime>, end: UnixTime) -> Option<VerifiedToken> {
        let session = SessionRef::parse(&claims.sid)?;
        let agrees = match self.config.subject {
            SubjectClaim::UserId => claims.user_id == Some(session.subject.0),
            SubjectClaim::Sub => claims.sub.as_deref() == Some(session.subject.to_string().as_str()),
            SubjectClaim::Session => true,
        };
        let realm = match (&self.config.realm, &claims.realm) {
            (Some(realm), _) => realm.clone(),
            (None, claim) => Realm::from_stored(claim.as_deref()?),
        };
        let parts = VerifiedParts {
            id: session.id,
            session,
            flavour: self.config.flavour.clone(),
            realm,
            scopes: Scopes::parse_list(claims.scope.as_deref().unwrap_or_default())?,
            issued_at: issued_at.map(|at| Timestamp::from_millis(at.millis())),
            expires_at: Some(Timestamp::from_millis(end.millis())),
        };
        agrees.then(|| VerifiedToken::dangerous_from_verifier(parts))
    }
}

#[async_trait]
impl auth_core::Verifier for JwtIssuer {
    fn flavour(&self) -> &str {
        &self.config.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.expires = true;
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let now = UnixTime::from_millis(self.clock.now().as_millis());
        let verified = self.keys().verifier.verify::<Claims<'static>>(presented.text, now);
        let verified = verified.map_err(|refused| rejection(&refused))?;
        let said = self.said(verified.claims(), verified.issued_at(), verified.expires());
        Ok(said.ok_or(Rejection::BadClaims)?)
    }
}

#[async_trait]
impl Issuer for JwtIssuer {
    fn lifetime(&self) -> Lifetime {
        Lifetime::Limited(self.config.lifetime)
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let session = self.session_of(&grant)?;
        let issued_at = self.round(self.clock.now());
        let end = issued_at.plus(self.config.lifetime);
        let claims = self.claims(&grant, session, issued_at, end);
        let text = self
            .keys()
            .signer
            .sign(&claims, &self.random)
            .map_err(|_| Unavailable::NoKey)?;
        Ok(IssuedToken {
            plain: PlainToken::new(text),
            id: session.id,
            issued_at,
            expires_at: Some(end),
            key: None,
        })
    }

    async fn revoke(&self, _: TokenId) -> Result<(), RevokeError> {
        Err(RevokeError::Unsupported)
    }
}

/// In the order in which the documents print them.
#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Cow<'a, str>>,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    sid: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
}

fn policy(config: &JwtConfig) -> Policy {
    let policy = Policy::default()
        .max_lifetime(config.lifetime)
        .date_unit(config.unit)
        .require("sid");
    let policy = match config.issued_at {
        true => policy.require("iat"),
        false => policy,
    };
    match config.subject {
        SubjectClaim::UserId => policy.require("user_id"),
        SubjectClaim::Sub => policy.require("sub"),
        SubjectClaim::Session => policy,
    }
}

fn rejection(refused: &JwtRejection) -> Rejection {
    match refused.reason().class() {
        Class::Malformed => Rejection::Malformed,
        Class::NotForUs => Rejection::UnknownKey,
        Class::Signature => Rejection::BadSignature,
        Class::Expired => Rejection::Expired,
        _ => Rejection::BadClaims,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::key::Kid;
    use auth_core::{Generation, Subject, SystemClock, SystemEntropy, Verifier as _};

    fn key(algorithm: Algorithm, kid: &str) -> SigningKey {
        let key = SigningKey::generate(algorithm, &SystemRandom::new()).unwrap();
        key.with_kid(Kid::new(kid).unwrap())
    }

    fn config(subject: SubjectClaim) -> JwtConfig {
        JwtConfig {
            flavour: "test".into(),
            realm: Realm::parse("test"),
            lifetime: Duration::from_secs(900),
            subject,
            issued_at: true,
            scope: true,
            unit: DateUnit::Seconds,
        }
    }

    fn issuer(config: JwtConfig, signing: SigningKey) -> JwtIssuer {
        let keys = JwtKeys::new(&config, signing, Vec::new()).unwrap();
        JwtIssuer::new(config, keys, Arc::new(SystemClock::new()), Arc::new(SystemEntropy))
    }

    fn grant() -> Grant {
        let scopes = Scopes::parse_list("read write").unwrap();
        Grant::new(Subject(7), Generation(3), Realm::parse("test").unwrap(), scopes)
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::pin!(future).as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => output,
            std::task::Poll::Pending => panic!("a stateless issuer waits for nothing"),
        }
    }

    #[test]
    fn what_was_granted_is_what_is_verified() {
        for subject in [SubjectClaim::UserId, SubjectClaim::Sub, SubjectClaim::Session] {
            for algorithm in [Algorithm::HS256, Algorithm::EdDSA, Algorithm::ES256] {
                let issuer = issuer(config(subject), key(algorithm, "k1"));
                let token = block_on(issuer.issue(grant())).unwrap();
                let verified = block_on(issuer.verify(&PresentedToken::bearer(token.plain.expose()))).unwrap();
                assert_eq!(verified.subject(), Subject(7));
                assert_eq!(verified.session().generation, Generation(3));
                assert_eq!(*verified.scopes(), grant().scopes);
                assert_eq!(verified.expires_at(), token.expires_at);
            }
        }
    }

    #[test]
    fn a_key_that_still_verifies_keeps_its_tokens_alive_and_one_that_does_not_ends_them() {
        let config = config(SubjectClaim::UserId);
        let issuer = issuer(config.clone(), key(Algorithm::HS256, "k1"));
        let old_key = issuer.keys().verifying().keys()[0].clone();
        let old = block_on(issuer.issue(grant())).unwrap();
        let verify = |text: &str| block_on(issuer.verify(&PresentedToken::bearer(text)));

        issuer.set_keys(JwtKeys::new(&config, key(Algorithm::HS256, "k2"), vec![old_key]).unwrap());
        assert!(verify(old.plain.expose()).is_ok());
        let new = block_on(issuer.issue(grant())).unwrap();

        issuer.set_keys(JwtKeys::new(&config, key(Algorithm::HS256, "k3"), Vec::new()).unwrap());
        for text in [old.plain.expose(), new.plain.expose()] {
            assert_eq!(verify(text), Err(Rejection::UnknownKey.into()));
        }
    }

    #[test]
    fn milliseconds_and_seconds_never_pass_for_each_other() {
        let shared = key(Algorithm::HS256, "k1").to_private_jwk();
        let same_key =
            || SigningKey::from_jwk(std::str::from_utf8(shared.expose()).unwrap(), &SystemRandom::new()).unwrap();
        let seconds = issuer(config(SubjectClaim::Session), same_key());
        let in_millis = JwtConfig {
            unit: DateUnit::Milliseconds,
            ..config(SubjectClaim::Session)
        };
        let millis = issuer(in_millis, same_key());
        for (from, to) in [(&seconds, &millis), (&millis, &seconds)] {
            let token = block_on(from.issue(grant())).unwrap();
            assert!(block_on(to.verify(&PresentedToken::bearer(token.plain.expose()))).is_err());
        }
    }
}
