//! The keys of signed tokens: how they are made, read and written, and how an issuer gets new ones while it runs.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, Entropy};
use keystore::{ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyNamer, PlainKey};
use token_jwt::{
    Algorithm, Family, Jwk, JwtConfig, JwtIssuer, JwtKeys, KeyError, Kid, SigningKey, SystemRandom, VerifyingKey,
    write_jwk_set,
};
use zeroize::Zeroizing;

/// For how long a public key is published before it signs, so that all services with a copy of the key set have
/// fetched it.
const PUBLIC: Duration = Duration::from_secs(60 * 60);

/// The same for a shared secret, which only the servers have: they read the keys several times a second.
const SHARED: Duration = Duration::from_secs(10);

/// What an imported key is called until its secret has given it a name.
const NAMELESS: &str = "imported";

/// Keys of one algorithm. At rest a key is a private JWK; its `kid` is its name.
#[derive(Debug)]
pub(crate) struct JwtKeyFormat {
    algorithm: Algorithm,
}

impl JwtKeyFormat {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self { algorithm }
    }

    /// Whether two keys have one secret. One that has no secret of ours is never the same.
    pub(crate) fn has_same_secret(one: &PlainKey, other: &PlainKey) -> bool {
        match (secret(one), secret(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
    }
}

impl KeyFormat for JwtKeyFormat {
    fn algorithm(&self) -> &str {
        self.algorithm.name()
    }

    fn publish_for(&self) -> Duration {
        match self.algorithm.is_symmetric() {
            true => SHARED,
            false => PUBLIC,
        }
    }

    fn generate(&self) -> Result<PlainKey, KeyFormatError> {
        if self.algorithm.family() == Family::Rsa {
            let text = format!(
                "{} keys are not made here: import one with tessera key import",
                self.algorithm
            );
            return Err(KeyFormatError::ImportOnly(text));
        }
        let random = SystemRandom::new();
        let key = SigningKey::generate(self.algorithm, &random).map_err(|_| KeyFormatError::Random)?;
        let kid = Kid::random(&random).map_err(|_| KeyFormatError::Random)?;
        plain(&key, kid.as_str())
    }

    fn import(&self, text: &str, namer: &KeyNamer) -> Result<PlainKey, KeyFormatError> {
        let random = SystemRandom::new();
        let read = match text.trim_start().starts_with('{') {
            true => Jwk::parse(text).and_then(|jwk| jwk.signing_key_for(self.algorithm, &random)),
            false => SigningKey::from_pem(self.algorithm, text, &random),
        };
        let expected = || {
            let algorithm = self.algorithm;
            format!("it is no private key for {algorithm}, as PEM (BEGIN PRIVATE KEY) or JWK")
        };
        let key = read.map_err(|error| KeyFormatError::NotAKey(format!("{}: {error}", expected())))?;
        let named = plain(&key, NAMELESS)?;
        let name = key.verifying_key().thumbprint();
        let name = name.or_else(|| Some(namer.name(&secret(&named)?)));
        plain(&key, &name.ok_or_else(|| KeyFormatError::NotAKey(expected()))?)
    }

    fn export_public(&self, keys: &[PlainKey]) -> Result<String, KeyFormatError> {
        if self.algorithm.is_symmetric() {
            let text = format!(
                "{} has one secret that signs and checks, and no public key: let others ask /auth/verify, or set the flavour's algorithm to one with public keys, such as EdDSA",
                self.algorithm
            );
            return Err(KeyFormatError::NoPublicKey(text));
        }
        let keys: Vec<VerifyingKey> = keys.iter().map(verifying).collect::<Result<_, _>>()?;
        Ok(write_jwk_set(&keys))
    }

    fn public_jwk(&self, key: &PlainKey) -> Result<Option<String>, KeyFormatError> {
        Ok(verifying(key)?.to_jwk())
    }

    fn is_same(&self, stored: &PlainKey, key: &PlainKey) -> bool {
        Self::has_same_secret(stored, key)
    }

    fn check(&self, key: &PlainKey) -> Result<(), KeyFormatError> {
        match signing_key(key)?.algorithm() == self.algorithm {
            true => Ok(()),
            false => Err(KeyFormatError::NotAKey(format!(
                "{} is a key of another algorithm",
                key.name()
            ))),
        }
    }
}

/// Creates an issuer with these keys.
pub(super) fn issuer(
    config: JwtConfig,
    keys: &ActiveKeys,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<Arc<JwtIssuer>> {
    let current = keys
        .signing()
        .ok_or_else(|| anyhow::anyhow!("no key of {} signs", keys.purpose()))?;
    let keys = jwt_keys(keys, current)?;
    Ok(Arc::new(JwtIssuer::new(config, keys, clock.clone(), entropy.clone())))
}

/// Gives an issuer its new keys.
#[derive(Debug)]
pub(super) struct JwtKeyFollower(pub(super) Arc<JwtIssuer>);

impl KeyFollower for JwtKeyFollower {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        match keys.signing() {
            Some(current) => self.0.set_keys(jwt_keys(keys, current)?),
            None => self.0.remove_keys(),
        }
        Ok(())
    }
}

fn jwt_keys(keys: &ActiveKeys, current: &PlainKey) -> Result<JwtKeys, KeyFormatError> {
    let others = keys.verifying().filter(|key| key.name() != current.name());
    let others = others.map(verifying).collect::<Result<_, _>>()?;
    JwtKeys::new(signing_key(current)?, others).map_err(not_a_key)
}

/// What makes a key this key: the shared secret, or the thumbprint of the public key. `None`: it is no key of ours.
fn secret(key: &PlainKey) -> Option<Zeroizing<Vec<u8>>> {
    let jwk = Jwk::parse(std::str::from_utf8(key.expose()).ok()?).ok()?;
    let bytes = match jwk.shared_secret() {
        Some(secret) => secret.to_vec(),
        None => signing_key(key).ok()?.verifying_key().thumbprint()?.into_bytes(),
    };
    Some(Zeroizing::new(bytes))
}

fn plain(key: &SigningKey, name: &str) -> Result<PlainKey, KeyFormatError> {
    PlainKey::new(name, key.to_private_jwk().expose().to_vec())
}

/// The key that signs, with its name as `kid`.
pub(crate) fn signing_key(key: &PlainKey) -> Result<SigningKey, KeyFormatError> {
    let text = std::str::from_utf8(key.expose());
    let text = text.map_err(|_| KeyFormatError::NotAKey(format!("{} is no text", key.name())))?;
    let read = SigningKey::from_jwk(text, &SystemRandom::new()).map_err(not_a_key)?;
    Ok(read.with_kid(Kid::new(key.name()).map_err(not_a_key)?))
}

fn verifying(key: &PlainKey) -> Result<VerifyingKey, KeyFormatError> {
    Ok(signing_key(key)?.verifying_key().clone())
}

fn not_a_key(error: KeyError) -> KeyFormatError {
    KeyFormatError::NotAKey(error.to_string())
}

#[cfg(test)]
mod tests {
    use auth_core::{ClaimsProfile, Generation, Grant, Issuer, PresentedToken, Realm, Scopes, SecretKey, Subject};
    use auth_core::{SubjectClaim, SystemEntropy, Verifier};
    use keystore::{KeyPurpose, Keyring, RotationPlan};
    use store_memory::MemoryStore;
    use testkit::ManualClock;
    use token_jwt::DateUnit;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// One node: its clock, its keys, and the issuer that follows them.
    struct Node {
        clock: Arc<ManualClock>,
        keyring: Keyring,
        issuer: Arc<JwtIssuer>,
    }

    impl Node {
        async fn new(store: &Arc<MemoryStore>, algorithm: Algorithm) -> Self {
            let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SystemEntropy));
            let master = SecretKey::from_bytes([9; 32]);
            let keyring = Keyring::new(store.clone(), &master, clock.clone(), entropy.clone());
            let format = JwtKeyFormat::new(algorithm);
            let active = keyring.start(&purpose(algorithm), &format).await.expect("keys");
            let profile = ClaimsProfile {
                flavour: "shops".into(),
                realm: None,
                lifetime: 2 * HOUR,
                subject: SubjectClaim::Sub,
                issued_at: false,
                scope: false,
            };
            let config = JwtConfig {
                claims: profile,
                unit: DateUnit::Seconds,
            };
            let clock_handle: Arc<dyn Clock> = clock.clone();
            let entropy: Arc<dyn Entropy> = entropy;
            let issuer = issuer(config, &active, &clock_handle, &entropy).expect("an issuer");
            keyring.follow(&active, Arc::new(JwtKeyFollower(issuer.clone())));
            Self { clock, keyring, issuer }
        }

        async fn token(&self) -> String {
            let realm = Realm::from_stored("workshops");
            let grant = Grant::new(Subject(1), Generation(0), realm, Scopes::none());
            self.issuer
                .issue(grant)
                .await
                .expect("a token")
                .plain
                .expose()
                .to_owned()
        }

        async fn accepts(&self, token: &str) -> bool {
            self.issuer.verify(&PresentedToken::bearer(token)).await.is_ok()
        }
    }

    fn purpose(algorithm: Algorithm) -> KeyPurpose {
        KeyPurpose::new("shops", algorithm.name()).expect("a purpose")
    }

    /// The nodes of one database do not begin to sign with a new key at the same moment: what one has signed, another
    /// accepts that has read the key and does not sign with it yet.
    #[tokio::test]
    async fn a_published_key_verifies_before_it_signs() {
        for algorithm in [Algorithm::HS256, Algorithm::EdDSA] {
            let store = Arc::new(MemoryStore::new());
            let (ahead, behind) = (Node::new(&store, algorithm).await, Node::new(&store, algorithm).await);
            let plan = RotationPlan {
                publish_for: HOUR,
                longest_life: HOUR,
            };
            let key = JwtKeyFormat::new(algorithm).generate().expect("a key");
            ahead
                .keyring
                .rotate(&purpose(algorithm), &key, plan)
                .await
                .expect("a rotation");
            let old = ahead.token().await;
            behind.keyring.reload().await.expect("a reload");
            for node in [&ahead, &behind] {
                node.clock.advance(HOUR);
            }
            ahead.keyring.reload().await.expect("a reload");
            let new = ahead.token().await;
            assert_eq!(peeked_kid(&new), key.name());
            assert_ne!(
                peeked_kid(&behind.token().await),
                key.name(),
                "it signs with the old key"
            );
            assert!(behind.accepts(&new).await, "{algorithm}: the key is published");
            assert!(ahead.accepts(&old).await, "{algorithm}: the old key overlaps");
        }
    }

    #[test]
    fn a_secret_is_the_same_under_another_name_and_algorithm() {
        let namer = KeyNamer::new(SecretKey::from_bytes([1; 32]));
        let secret = "bG9uZyBlbm91Z2ggYW5kIG9mIG1hbnkgZGlmZmVyZW50IGJ5dGVzLCBub3QgYSB3b3JkIGFsb25lOiAwMTIz";
        let import = |algorithm: Algorithm, kid: &str| {
            let jwk = format!(r#"{{"kty":"oct","k":"{secret}","kid":"{kid}"}}"#);
            JwtKeyFormat::new(algorithm).import(&jwk, &namer).expect("a key")
        };
        let (one, other) = (import(Algorithm::HS256, "one"), import(Algorithm::HS384, "other"));
        assert_eq!(one.name(), other.name(), "named by the secret alone");
        let format = JwtKeyFormat::new(Algorithm::HS384);
        assert!(format.is_same(&one, &other));
        let generated = format.generate().expect("a key");
        assert!(!format.is_same(&generated, &other));
        let copy = format.import(std::str::from_utf8(generated.expose()).expect("text"), &namer);
        let copy = copy.expect("a key");
        assert_ne!(copy.name(), generated.name(), "a generated key has a random name");
        assert!(format.is_same(&generated, &copy));
    }

    fn peeked_kid(token: &str) -> String {
        let header = token.split('.').next().expect("a header");
        let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header);
        let header: serde_json::Value = serde_json::from_slice(&header.expect("base64url")).expect("JSON");
        header["kid"].as_str().expect("a kid").to_owned()
    }
}
