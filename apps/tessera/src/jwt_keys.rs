//! The keys of signed tokens (JWT): how they are made, read and written, and the issuer that follows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use auth_core::{
    Capabilities, Clock, Entropy, Grant, IssueError, IssuedToken, Issuer, Lifetime, PresentedToken, Rejection,
    RevokeError, TokenId, Unavailable, VerifiedToken, Verifier, VerifyError,
};
use keystore::{
    ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyNamer, KeyPurpose, Keyring, KeyringError, PlainKey,
    PurposeError,
};
use token_jwt::{
    Algorithm, Family, Jwk, JwtConfig, JwtIssuer, JwtKeys, Kid, SigningKey, SystemRandom, VerifyingKey, write_jwk_set,
};

use crate::config::Flavour;

/// For how long a public key is published before it signs: others may keep a copy of the key set.
const PUBLIC: Duration = Duration::from_secs(60 * 60);

/// The same for a shared secret, which only the servers have: they read it every 2 seconds.
const SHARED: Duration = Duration::from_secs(10);

/// What the keys of a flavour are for.
pub fn purpose_of(flavour: &Flavour) -> Result<KeyPurpose, PurposeError> {
    KeyPurpose::new(&flavour.name, flavour.algorithm.name())
}

/// An issuer with the keys of a flavour, which it follows from now on. The first key is made if there is none.
pub async fn issuer(
    keyring: &Keyring,
    flavour: &Flavour,
    config: JwtConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Arc<FollowedJwt>> {
    let format = JwtKeyFormat::of(flavour);
    let keys = keyring.start(&purpose_of(flavour)?, &format).await;
    let keys = keys.map_err(|error| match error {
        KeyringError::NoSigner(_) => anyhow!("{error}: {}", format.way_to_a_key()),
        error => error.into(),
    })?;
    let jwt_keys = format.jwt_keys(&config, &keys)?;
    let jwt_keys = jwt_keys.ok_or_else(|| anyhow!("no key of {} signs", keys.purpose()))?;
    let issuer = Arc::new(FollowedJwt {
        issuer: JwtIssuer::new(config, jwt_keys, clock, entropy),
        format,
        signs: AtomicBool::new(true),
    });
    keyring.follow(&keys, issuer.clone());
    Ok(issuer)
}

/// Keys of one flavour and algorithm, stored as private JWKs.
#[derive(Debug)]
pub struct JwtKeyFormat {
    flavour: String,
    algorithm: Algorithm,
    random: SystemRandom,
}

impl JwtKeyFormat {
    pub fn of(flavour: &Flavour) -> Self {
        Self {
            flavour: flavour.name.clone(),
            algorithm: flavour.algorithm,
            random: SystemRandom::new(),
        }
    }

    /// The command with which the flavour gets another key.
    pub fn way_to_a_key(&self) -> String {
        let action = match self.is_import_only() {
            true => "import",
            false => "rotate",
        };
        format!("tessera key {action} --flavour {}", self.flavour)
    }

    /// Whether keys of the algorithm are only imported.
    pub fn is_import_only(&self) -> bool {
        self.algorithm.family() == Family::Rsa
    }

    /// A stored key.
    fn signing_key(&self, key: &PlainKey) -> Result<SigningKey, KeyFormatError> {
        let unusable = |why: &dyn std::fmt::Display| KeyFormatError::NotAKey(format!("the key {}: {why}", key.name()));
        let json = std::str::from_utf8(key.expose()).map_err(|_| unusable(&"it is no text"))?;
        let signing = SigningKey::from_jwk(json, &self.random).map_err(|error| unusable(&error))?;
        if signing.algorithm() != self.algorithm {
            return Err(unusable(&format_args!("it is no key for {}", self.algorithm)));
        }
        let kid = Kid::new(key.name()).map_err(|error| unusable(&error))?;
        Ok(signing.with_kid(kid))
    }

    fn verifying_key(&self, key: &PlainKey) -> Result<VerifyingKey, KeyFormatError> {
        Ok(self.signing_key(key)?.verifying_key().clone())
    }

    /// What an issuer works with; `None` where no key signs.
    fn jwt_keys(&self, config: &JwtConfig, keys: &ActiveKeys) -> Result<Option<JwtKeys>, KeyFormatError> {
        let Some(signing) = keys.signing() else {
            return Ok(None);
        };
        let others = keys.verifying().filter(|key| key.name() != signing.name());
        let others = others.map(|key| self.verifying_key(key)).collect::<Result<_, _>>()?;
        let jwt_keys = JwtKeys::new(config, self.signing_key(signing)?, others);
        jwt_keys
            .map(Some)
            .map_err(|error| KeyFormatError::NotAKey(error.to_string()))
    }
}

impl KeyFormat for JwtKeyFormat {
    fn algorithm(&self) -> &str {
        self.algorithm.name()
    }

    fn publish_for(&self) -> Duration {
        if self.algorithm.is_symmetric() { SHARED } else { PUBLIC }
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        if self.is_import_only() {
            return Err(KeyFormatError::ImportOnly(format!(
                "flavour.{0}.algorithm = {1}: RSA keys are not made here; import one with: tessera key import --flavour {0}",
                self.flavour, self.algorithm
            )));
        }
        let key = SigningKey::generate(self.algorithm, &self.random).map_err(|_| KeyFormatError::Random)?;
        let kid = Kid::random(&self.random).map_err(|_| KeyFormatError::Random)?;
        plain(kid.as_str(), &key)
    }

    /// PEM (PKCS#8) or JWK.
    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        let read = match text.trim_start().starts_with('{') {
            true => Jwk::parse(text).and_then(|jwk| jwk.signing_key_for(self.algorithm, &self.random)),
            false => SigningKey::from_pem(self.algorithm, text, &self.random),
        };
        let key = read.map_err(|error| {
            let form = "as PEM (BEGIN PRIVATE KEY) or JWK";
            KeyFormatError::NotAKey(format!("it is no private key for {}, {form}: {error}", self.algorithm))
        })?;
        let name = match (key.verifying_key().thumbprint(), self.algorithm.is_symmetric()) {
            (Some(thumbprint), _) => thumbprint,
            (None, true) => namer.name(key.to_private_jwk().expose()),
            (None, false) => {
                let why = "the key has no public part to name it by";
                return Err(KeyFormatError::NotAKey(why.into()));
            }
        };
        plain(&name, &key)
    }

    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError> {
        if self.algorithm.is_symmetric() {
            return Err(KeyFormatError::NoPublicKey(format!(
                "--flavour {0}: {1} has one secret that signs and checks, and no public key; let others \
                 ask /auth/verify, or set flavour.{0}.algorithm to EdDSA",
                self.flavour, self.algorithm
            )));
        }
        let keys = keys.iter().map(|key| self.verifying_key(key));
        Ok(write_jwk_set(&keys.collect::<Result<Vec<_>, _>>()?))
    }

    fn check(&self, key: &PlainKey) -> Result<(), KeyFormatError> {
        self.signing_key(key).map(drop)
    }
}

fn plain(name: &str, key: &SigningKey) -> Result<PlainKey, KeyFormatError> {
    PlainKey::new(name, key.to_private_jwk().expose().to_vec())
}

/// A JWT issuer that follows the keys of its flavour. While no key signs, it issues nothing and accepts nothing.
#[derive(Debug)]
pub struct FollowedJwt {
    issuer: JwtIssuer,
    format: JwtKeyFormat,
    signs: AtomicBool,
}

impl FollowedJwt {
    fn signs(&self) -> bool {
        self.signs.load(Ordering::Acquire)
    }
}

impl KeyFollower for FollowedJwt {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        let jwt_keys = self.format.jwt_keys(self.issuer.config(), keys)?;
        let signs = jwt_keys.is_some();
        if let Some(jwt_keys) = jwt_keys {
            self.issuer.set_keys(jwt_keys);
        }
        self.signs.store(signs, Ordering::Release);
        Ok(())
    }
}

#[async_trait]
impl Verifier for FollowedJwt {
    fn flavour(&self) -> &str {
        self.issuer.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        self.issuer.capabilities()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        match self.signs() {
            true => self.issuer.verify(presented).await,
            false => Err(Rejection::UnknownKey.into()),
        }
    }
}

#[async_trait]
impl Issuer for FollowedJwt {
    fn lifetime(&self) -> Lifetime {
        self.issuer.lifetime()
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        match self.signs() {
            true => self.issuer.issue(grant).await,
            false => Err(Unavailable::NoKey.into()),
        }
    }

    async fn revoke(&self, id: TokenId) -> Result<(), RevokeError> {
        self.issuer.revoke(id).await
    }
}
