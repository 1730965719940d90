//! The keys of another system, whose signed tokens a flavour accepts for a time: SimpleJWT's.

mod key;

use std::sync::{Arc, PoisonError, RwLock};

use auth_core::{Rejection, SignedImport, SignedImports, Timestamp};
use keystore::{ActiveKeys, KeyFollower, KeyFormatError, KeyPurpose, Keyring, PlainKey};
use serde_json::{Map, Value};
use token_jwt::{Class, UnixTime, Verified};

use crate::source_key::source_key;

use key::AcceptedKey;

pub(crate) use key::{Demands, is_same_secret, read};

/// Whose users `tessera import django` has brought.
const SYSTEM: &str = "django";

/// How an access token of SimpleJWT is marked. Refresh tokens are marked otherwise, and are signed with the same key.
const KIND: (&str, &str) = ("token_type", "access");

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
        self.current().iter().find_map(|key| {
            match key.verifier.verify::<Map<String, Value>>(text, now) {
                Ok(token) => Some(signed_import(&key.owner_claim, &token)),
                Err(rejection) => match rejection.reason().class() {
                    // Not of this key: another may have signed it.
                    Class::Malformed | Class::NotForUs | Class::Signature => None,
                    _ => Some(Err(rejection.into())),
                },
            }
        })
    }
}

/// What an access token says.
fn signed_import(owner_claim: &str, token: &Verified<Map<String, Value>>) -> Result<SignedImport, Rejection> {
    let claims = token.claims();
    if claims.get(KIND.0).and_then(Value::as_str) != Some(KIND.1) {
        return Err(Rejection::BadClaims);
    }
    let owner = match claims.get(owner_claim) {
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
