//! Signs who a caller is, for services behind a proxy that want a proof of it without a call.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use auth_core::{Clock, Entropy, EntropyError, Scope, Timestamp, Unavailable, VerifiedToken, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystore::{ActiveKeys, KeyFollower, KeyFormatError, Keyring};
use serde::Serialize;
use token_jwt::{SignError, Signer, SystemRandom};

use super::recent_identities::RecentIdentities;
use crate::composition::Composition;
use crate::config::{IdentityJwtSettings, SigningKeys};
use crate::strategies::signing_key;

/// The `typ` of an identity (RFC 8725 section 3.11). No flavour's tokens have it, and no flavour accepts it.
const TYPE: &str = "forward-auth+jwt";

/// Signs identities with the keys of `[forward_auth.jwt]`.
///
/// # Security
/// An identity is for the services behind the proxy. It is no token of any flavour: its key belongs to no flavour, and its
/// `typ` is refused by all of them. It cannot be revoked; it is valid for `lifetime`, and not beyond the second in which the
/// token it is made of expires.
#[derive(Debug)]
pub(crate) struct IdentitySigner {
    issuer: String,
    audience: String,
    lifetime: Duration,
    /// `None` while no key signs.
    signer: RwLock<Option<Arc<Signer>>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    random: SystemRandom,
}

/// An identity, and its `exp`.
#[derive(Debug)]
pub(super) struct SignedIdentity {
    pub(super) text: String,
    pub(super) expires_at: Timestamp,
}

#[derive(Serialize)]
struct IdentityClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    exp: i64,
    iat: i64,
    jti: String,
    flavour: &'a str,
    realm: &'a str,
    token_id: String,
    permissions: Vec<&'a str>,
}

impl IdentitySigner {
    /// The signer of these settings, which follows its keys; `None` where they do not ask for one.
    ///
    /// # Errors
    /// When the server has no address that could be `iss`, or the keys cannot be made or read.
    pub(crate) async fn start(settings: &IdentityJwtSettings, made: &Composition) -> anyhow::Result<Option<Arc<Self>>> {
        let (Some(audience), Some(keys)) = (&settings.audience, settings.signing_keys()?) else {
            return Ok(None);
        };
        let issuer = made.issuer.clone().with_context(|| {
            format!("forward_auth.jwt.audience = {audience}: set http.public_url, which is the issuer in X-Auth-Jwt")
        })?;
        let signer = Arc::new(Self {
            issuer,
            audience: audience.clone(),
            lifetime: settings.lifetime.0,
            signer: RwLock::default(),
            clock: made.clock.clone(),
            entropy: made.entropy.clone(),
            random: SystemRandom::new(),
        });
        signer.follow(&keys, &made.keyring).await.with_context(|| {
            let name = IdentityJwtSettings::KEYS;
            format!("{name}: see `tessera key list --flavour {name}`")
        })?;
        Ok(Some(signer))
    }

    async fn follow(self: &Arc<Self>, keys: &SigningKeys, keyring: &Keyring) -> anyhow::Result<()> {
        let active = keyring.start(&keys.purpose, &*keys.format).await?;
        self.use_keys(&active)?;
        keyring.follow(&active, self.clone());
        Ok(())
    }

    /// What one worker thread signs with.
    pub(crate) fn worker(self: &Arc<Self>) -> RecentIdentities {
        RecentIdentities::new(self.clone())
    }

    /// What signs now.
    ///
    /// # Errors
    /// [`Unavailable::NoKey`] while no key signs.
    pub(super) fn current(&self) -> Result<Arc<Signer>, Unavailable> {
        let signer = self.signer.read().unwrap_or_else(PoisonError::into_inner);
        signer.clone().ok_or(Unavailable::NoKey)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Signs the identity of a token that was checked. `exp` is rounded down to a second, and always after `now`: in its last
    /// second, a token gets an identity that is valid to the end of that second.
    ///
    /// # Errors
    /// [`Unavailable::Entropy`] where there are no random bytes.
    pub(super) fn sign(
        &self,
        signer: &Signer,
        token: &VerifiedToken,
        now: Timestamp,
    ) -> Result<SignedIdentity, Unavailable> {
        let ends = now.plus(self.lifetime);
        let ends = token.expires_at().map_or(ends, |expires| expires.min(ends));
        let exp = ends.as_seconds().max(now.as_seconds() + 1);
        let claims = IdentityClaims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: token.subject().to_string(),
            exp,
            iat: now.as_seconds(),
            jti: URL_SAFE_NO_PAD.encode(random_bytes::<16>(&*self.entropy)?),
            flavour: token.flavour(),
            realm: token.realm().as_str(),
            token_id: token.session().id.to_string(),
            permissions: token.scopes().iter().map(Scope::as_str).collect(),
        };
        let text = signer.sign(&claims, &self.random).map_err(|error| match error {
            SignError::Random => Unavailable::Entropy(EntropyError),
            // Claims that cannot be written would be a mistake of ours: these are numbers and text.
            _ => Unavailable::NoKey,
        })?;
        Ok(SignedIdentity {
            text,
            expires_at: Timestamp::from_seconds(exp),
        })
    }
}

impl KeyFollower for IdentitySigner {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        let key = keys.signing().map(signing_key).transpose()?;
        let signer = key.map(|key| Arc::new(Signer::with_type(key, TYPE)));
        *self.signer.write().unwrap_or_else(PoisonError::into_inner) = signer;
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use auth_core::testing::acting_as;
    use auth_core::{PresentedToken, SecretKey, Subject, Verifier};
    use store_memory::MemoryStore;
    use testkit::{FailingEntropy, ManualClock};
    use token_jwt::{ClaimsVerifier, DateUnit, JwtConfig, JwtVerifier, KeySet, Policy, UnixTime};

    use super::*;

    /// A signer with keys of its own, and what publishes them.
    pub(in crate::forward_auth) struct Node {
        pub(in crate::forward_auth) clock: Arc<ManualClock>,
        pub(in crate::forward_auth) entropy: Arc<FailingEntropy>,
        pub(in crate::forward_auth) keyring: Keyring,
        pub(in crate::forward_auth) keys: SigningKeys,
        pub(in crate::forward_auth) signer: Arc<IdentitySigner>,
    }

    impl Node {
        pub(in crate::forward_auth) async fn new(algorithm: &str) -> Self {
            let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(FailingEntropy::new(1)));
            let master = SecretKey::from_bytes([9; 32]);
            let store = Arc::new(MemoryStore::new());
            let keyring = Keyring::new(store, &master, clock.clone(), entropy.clone());
            let settings = IdentityJwtSettings {
                audience: Some("services".into()),
                algorithm: algorithm.into(),
                ..IdentityJwtSettings::default()
            };
            let keys = settings.signing_keys().expect("a purpose").expect("it is on");
            let signer = Arc::new(IdentitySigner {
                issuer: "https://auth.example.com".into(),
                audience: "services".into(),
                lifetime: settings.lifetime.0,
                signer: RwLock::default(),
                clock: clock.clone(),
                entropy: entropy.clone(),
                random: SystemRandom::new(),
            });
            signer.follow(&keys, &keyring).await.expect("keys");
            Self {
                clock,
                entropy,
                keyring,
                keys,
                signer,
            }
        }

        fn sign(&self, token: &VerifiedToken) -> String {
            let signer = self.signer.current().expect("a key signs");
            let signed = self.signer.sign(&signer, token, self.clock.now());
            signed.expect("random bytes").text
        }

        /// What signs has no key any more.
        pub(in crate::forward_auth) fn take_key(&self) {
            *self.signer.signer.write().expect("no panic") = None;
        }

        async fn published(&self) -> KeySet {
            let keys = self.keyring.verifying(&self.keys.purpose).await.expect("keys");
            let set = self.keys.format.export_public(&keys).expect("public keys");
            KeySet::from_jwk_set(&set).expect("a set")
        }
    }

    /// Its `exp`.
    pub(in crate::forward_auth) fn exp(text: &str) -> i64 {
        let token = token_jwt::peek_unverified(text).expect("a token");
        let claims: serde_json::Value = serde_json::from_str(token.payload_json()).expect("claims");
        claims["exp"].as_i64().expect("seconds")
    }

    fn caller() -> VerifiedToken {
        acting_as(Subject(7), ["read", "write"]).token()
    }

    #[tokio::test]
    async fn an_identity_says_who_calls_for_whom_and_for_how_long() {
        for algorithm in ["EdDSA", "ES256"] {
            let node = Node::new(algorithm).await;
            let text = node.sign(&caller());
            let policy = Policy::default().token_type(TYPE).audience("services");
            let policy = policy
                .issuer("https://auth.example.com")
                .max_lifetime(Duration::from_secs(60));
            let verifier = ClaimsVerifier::new(node.published().await, policy);
            let now = UnixTime::from_millis(node.clock.now().as_millis());
            let claims = verifier.verify::<serde_json::Value>(&text, now).expect("it verifies");
            let claims = claims.into_claims();
            let caller = caller();
            assert_eq!(claims["sub"], "7");
            assert_eq!(claims["flavour"], &**caller.flavour());
            assert_eq!(claims["realm"], caller.realm().as_str());
            assert_eq!(claims["token_id"], caller.session().id.to_string());
            assert_eq!(claims["permissions"], serde_json::json!(["read", "write"]));
            assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|at| at + 60));
            assert_eq!(claims["jti"].as_str().map(str::len), Some(22));
        }
    }

    #[tokio::test]
    async fn an_identity_ends_with_the_token_that_it_is_made_of() {
        let node = Node::new("EdDSA").await;
        let mut parts = caller().into_parts();
        parts.expires_at = Some(node.clock.now().plus(Duration::from_millis(9_900)));
        let text = node.sign(&VerifiedToken::dangerous_from_verifier(parts));
        let ends = node.clock.now().plus(Duration::from_millis(9_900)).as_seconds();
        assert_eq!(exp(&text), ends, "in whole seconds, rounded down");
    }

    /// Were the key that of a flavour, its type would still have it refused.
    #[tokio::test]
    async fn no_flavour_accepts_an_identity_not_even_with_its_key() {
        let node = Node::new("EdDSA").await;
        let text = node.sign(&caller());
        let config = JwtConfig {
            claims: auth_core::ClaimsProfile {
                flavour: "shops".into(),
                realm: None,
                lifetime: Duration::from_secs(900),
                subject: auth_core::SubjectClaim::Sub,
                issued_at: true,
                scope: false,
            },
            unit: DateUnit::Seconds,
        };
        let verifier = JwtVerifier::new(config, node.published().await, node.clock.clone());
        assert!(verifier.verify(&PresentedToken::bearer(&text)).await.is_err());
        // Nor with the audience.
        let (keys, now) = (
            node.published().await,
            UnixTime::from_millis(node.clock.now().as_millis()),
        );
        let verify = |policy: Policy| {
            ClaimsVerifier::new(keys.clone(), policy)
                .verify::<()>(&text, now)
                .is_ok()
        };
        let policy = Policy::default().audience("services");
        assert!(!verify(policy.clone()), "its type is refused");
        assert!(verify(policy.any_token_type()), "and nothing else of it");
    }
}
