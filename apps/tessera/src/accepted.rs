//! The keys of another system, whose signed tokens a flavour accepts for a time: SimpleJWT's.

mod key;

use std::sync::{Arc, PoisonError, RwLock};

use auth_core::{Rejection, SignedImport, SignedImports, Timestamp};
use keystore::{ActiveKeys, KeyFollower, KeyFormatError, KeyPurpose, Keyring, PlainKey};
use serde_json::{Map, Value};
use token_jwt::{Class, UnixTime, Verified};

use crate::source_key::source_key;

use key::AcceptedKey;

pub(crate) use key::{Demands, TokenKind, is_same_secret, read};

/// Whose users `tessera import django` has brought.
const SYSTEM: &str = "django";

/// The claim that tells access tokens of SimpleJWT from refresh tokens, which are signed with the same key.
const KIND: &str = "token_type";

/// Whether a key that was opened can be used.
pub(crate) fn check(key: &PlainKey) -> Result<(), KeyFormatError> {
    AcceptedKey::read(key).map(drop)
}

/// The keys that a flavour accepts now. There may be none.
#[derive(Debug, Default)]
pub(crate) struct AcceptedKeys(RwLock<Arc<[AcceptedKey]>>);

impl AcceptedKeys {
    /// Those of a flavour. They follow the store from now on.
    pub(crate) async fn start(flavour: &str, keyring: &Keyring) -> anyhow::Result<Arc<Self>> {
        let active = keyring.start_accepted(&KeyPurpose::accepted(flavour)?).await?;
        let accepted = Arc::new(Self::default());
        accepted.use_keys(&active)?;
        keyring.follow(&active, accepted.clone());
        Ok(accepted)
    }

    fn current(&self) -> Arc<[AcceptedKey]> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeyFollower for AcceptedKeys {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        let keys: Vec<AcceptedKey> = keys.verifying().map(AcceptedKey::read).collect::<Result<_, _>>()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
        Ok(())
    }
}

impl SignedImports for AcceptedKeys {
    fn check(&self, text: &str, now: Timestamp) -> Option<Result<SignedImport, Rejection>> {
        let now = UnixTime::from_millis(now.as_millis());
        let mut refused = None;
        for key in self.current().iter() {
            let verified = match key.verifier.verify::<Map<String, Value>>(text, now) {
                Ok(token) => signed_import(key, &token),
                Err(rejection) => match rejection.reason().class() {
                    // Not of this key: another may have signed it.
                    Class::Malformed | Class::NotForUs | Class::Signature => continue,
                    _ => Err(rejection.into()),
                },
            };
            match verified {
                Ok(token) => return Some(Ok(token)),
                // The same key may have been accepted once more, with other demands.
                Err(rejection) => refused = refused.or(Some(Err(rejection))),
            }
        }
        refused
    }
}

/// What a token says that may be presented.
fn signed_import(key: &AcceptedKey, token: &Verified<Map<String, Value>>) -> Result<SignedImport, Rejection> {
    let claims = token.claims();
    let kind = claims.get(KIND).and_then(Value::as_str);
    if !kind.is_some_and(|kind| key.takes(kind)) {
        return Err(Rejection::BadClaims);
    }
    let owner = match claims.get(&key.owner_claim) {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(number)) if number.is_i64() => number.to_string(),
        _ => return Err(Rejection::BadClaims),
    };
    let time = |time: UnixTime| Timestamp::from_millis(time.millis());
    Ok(SignedImport {
        owner: source_key(SYSTEM, &owner),
        issued_at: time(token.issued_at().ok_or(Rejection::BadClaims)?),
        expires_at: time(token.expires()),
    })
}

#[cfg(test)]
mod tests {
    use auth_core::SecretKey;
    use keystore::KeyNamer;
    use serde_json::json;
    use token_jwt::{Algorithm, Signer, SigningKey, SystemRandom};

    use super::*;

    const SECRET: &[u8] = b"x3k!f9#0vq@m2z7(w5t&h1y8^c4b6n)r";
    const NOW: i64 = 1_700_000_000;

    /// The secret, accepted for tokens of these kinds with this longest life.
    fn accepted(kinds: &[TokenKind], longest_life_s: u64) -> AcceptedKey {
        let demands = Demands {
            owner_claim: "user_id".into(),
            issuer: None,
            audience: None,
            longest_life_s,
            kinds: kinds.to_vec(),
        };
        let namer = KeyNamer::new(SecretKey::from_bytes([1; 32]));
        let key = read(Algorithm::HS256, SECRET, &demands, "2026-12-01", &namer).unwrap();
        AcceptedKey::read(&key).unwrap()
    }

    fn all_of(keys: Vec<AcceptedKey>) -> AcceptedKeys {
        AcceptedKeys(RwLock::new(keys.into()))
    }

    /// Whether a token with this `token_type` is accepted.
    fn takes(keys: &AcceptedKeys, token_type: Value) -> bool {
        let mut claims = json!({"user_id": "1", "iat": NOW, "exp": NOW + 300});
        if !token_type.is_null() {
            claims["token_type"] = token_type;
        }
        let signer = Signer::new(SigningKey::hmac(Algorithm::HS256, SECRET).unwrap());
        let text = signer.sign(&claims, &SystemRandom::new()).unwrap();
        let checked = keys.check(&text, Timestamp::from_seconds(NOW));
        checked.expect("the key has signed it").is_ok()
    }

    #[test]
    fn a_refresh_token_never_passes() {
        use TokenKind::{Access, Sliding};
        for (kinds, access, sliding) in [
            (&[Access][..], true, false),
            (&[Sliding], false, true),
            (&[Access, Sliding], true, true),
            (&[], false, false),
        ] {
            let keys = all_of(vec![accepted(kinds, 3600)]);
            assert_eq!(takes(&keys, json!("access")), access, "{kinds:?}");
            assert_eq!(takes(&keys, json!("sliding")), sliding, "{kinds:?}");
            for other in [
                json!("refresh"),
                json!("untyped"),
                json!("Access"),
                json!("access "),
                json!(""),
                json!(["access"]),
                json!(true),
                Value::Null,
            ] {
                assert!(!takes(&keys, other.clone()), "{kinds:?} {other}");
            }
        }
    }

    #[test]
    fn a_key_that_was_accepted_twice_takes_what_either_takes() {
        let keys = || [accepted(&[TokenKind::Access], 60), accepted(&[TokenKind::Access], 3600)];
        assert!(takes(&all_of(keys().into()), json!("access")));
        assert!(takes(&all_of(keys().into_iter().rev().collect()), json!("access")));
        assert!(!takes(&all_of(keys().into()), json!("refresh")));
    }

    #[test]
    fn a_key_of_the_version_before_takes_access_tokens() {
        let stored = json!({"owner_claim": "user_id", "longest_life_s": 60});
        let demands: Demands = serde_json::from_value(stored).unwrap();
        assert_eq!(demands.kinds, [TokenKind::Access]);
    }
}
