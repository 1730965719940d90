//! The keys of one flavour in a published JWK Set (RFC 7517 section 5).

use serde::Deserialize;
use serde_json::{Map, Value};
use token_jwt::{KeyError, KeySet, VerifyingKey};

/// A server has a few keys for each flavour.
const MOST_KEYS: usize = 200;

/// A set that cannot be used at all. The keys in use stay in use.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableSet {
    #[error("its answer is no JWK Set")]
    NotASet,
    #[error("its set has more than {MOST_KEYS} keys")]
    TooMany,
    #[error("its set cannot be used: {0}")]
    Keys(#[from] KeyError),
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Map<String, Value>>,
}

/// The keys with which the tokens of this flavour are verified: those that name it in their member `flavour`. Others, and keys
/// of kinds that are not known, are left out.
///
/// # Security
/// Only the key distinguishes the signed tokens of two flavours. So a key that names none is left out too.
pub(super) fn keys_of(flavour: &str, jwk_set: &str) -> Result<KeySet, UnusableSet> {
    let published: Published = serde_json::from_str(jwk_set).map_err(|_| UnusableSet::NotASet)?;
    if published.keys.len() > MOST_KEYS {
        return Err(UnusableSet::TooMany);
    }
    let of_flavour = |key: &&Map<String, Value>| key.get("flavour").is_some_and(|named| named == flavour);
    let keys = published.keys.iter().filter(of_flavour);
    let usable: Vec<VerifyingKey> = keys.filter_map(public_key).collect();
    match usable.is_empty() {
        true => Ok(KeySet::empty()),
        false => Ok(KeySet::new(usable)?),
    }
}

/// A public key that can be used. One of another kind, or a shared secret, is none.
fn public_key(key: &Map<String, Value>) -> Option<VerifyingKey> {
    if key.get("kty").and_then(Value::as_str) == Some("oct") {
        return None;
    }
    let read = VerifyingKey::from_jwk(&Value::Object(key.clone()).to_string());
    read.inspect_err(|error| tracing::debug!(event = "key_left_out", %error))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use token_jwt::{Algorithm, Kid, SigningKey, SystemRandom};

    const OURS: &str = r#","flavour":"shops""#;

    fn jwk(kid: &str, more: &str) -> String {
        let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).unwrap();
        let key = key.with_kid(Kid::new(kid).unwrap());
        let jwk = key.verifying_key().to_jwk().unwrap();
        format!("{}{more}}}", jwk.strip_suffix('}').unwrap())
    }

    fn kids(keys: &[String]) -> Result<Vec<String>, UnusableSet> {
        let keys = keys_of("shops", &format!("{{\"keys\":[{}]}}", keys.join(",")))?;
        let kid = |key: &VerifyingKey| key.kid().map(|kid| kid.as_str().to_owned());
        Ok(keys.keys().iter().filter_map(kid).collect())
    }

    #[test]
    fn keys_of_other_flavours_are_not_used() {
        let set = [
            jwk("ours", OURS),
            jwk("plain", ""),
            jwk("theirs", r#","flavour":"players""#),
            jwk("odd", r#","flavour":7"#),
            jwk("several", r#","flavour":["shops"]"#),
        ];
        assert_eq!(kids(&set).unwrap(), ["ours"]);
        assert!(kids(&set[1..]).unwrap().is_empty());
        assert!(
            kids(&[]).unwrap().is_empty(),
            "a set without keys replaces the one before"
        );
    }

    #[test]
    fn keys_that_cannot_be_used_leave_the_others() {
        let secret = r#"{"kty":"oct","kid":"s","alg":"HS256","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","flavour":"shops"}"#;
        let set = [
            secret.to_owned(),
            r#"{"kty":"XYZ","kid":"x","flavour":"shops"}"#.to_owned(),
            r#"{"kty":"OKP","crv":"Ed25519","kid":"short","x":"AAAA","flavour":"shops"}"#.to_owned(),
            jwk("for-encryption", r#","use":"enc","flavour":"shops""#).replace(r#""use":"sig","#, ""),
            jwk("good", OURS),
        ];
        assert_eq!(kids(&set).unwrap(), ["good"]);
    }

    #[test]
    fn a_set_that_is_none_is_an_error() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[7]}"#] {
            assert!(keys_of("shops", text).is_err(), "{text}");
        }
        assert!(kids(&vec!["{}".to_owned(); MOST_KEYS + 1]).is_err());
        assert!(kids(&[jwk("twice", OURS), jwk("twice", OURS)]).is_err());
    }
}
