//! `/.well-known/jwks.json`: the public keys of all flavours whose tokens others can verify.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use auth_core::Clock;
use keystore::{ActiveKeys, KeyFollower, KeyFormat, KeyFormatError, KeyPurpose, Keyring};

use dialects::description::{Header, Operation};
use serde_json::json;

use super::document::{self, Document};
use crate::config::{Flavour, SigningKeys};
use crate::http::{described, error_schema};

/// RFC 7517 section 8.5.
const MEDIA_TYPE: &str = "application/jwk-set+json";

/// The published keys: those that will sign, the ones that do, and those that have signed a token which is still valid.
///
/// # Security
/// Public members only. A flavour with shared secrets has no key here; nor has one whose tokens are bound to a key or a
/// live session in a way that a standard verifier does not know of, since that verifier would accept them without.
#[derive(Debug)]
pub(crate) struct JwkSet {
    keys: Mutex<BTreeMap<KeyPurpose, Vec<String>>>,
    document: RwLock<Arc<Document>>,
}

impl Default for JwkSet {
    fn default() -> Self {
        Self {
            keys: Mutex::default(),
            document: RwLock::new(Arc::new(written(&BTreeMap::new()))),
        }
    }
}

impl JwkSet {
    /// Publishes the keys of a flavour, if others may verify its tokens.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) async fn publish_flavour(self: &Arc<Self>, flavour: &Flavour, keyring: &Keyring) -> anyhow::Result<()> {
        match flavour.signing_keys()?.filter(|_| !flavour.dialect.key_bound()) {
            Some(signing) => self.publish(signing, keyring).await,
            None => Ok(()),
        }
    }

    /// Publishes keys, now and whenever they change.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) async fn publish(self: &Arc<Self>, signing: SigningKeys, keyring: &Keyring) -> anyhow::Result<()> {
        let keys = keyring.start(&signing.purpose, &*signing.format).await?;
        let follower = Arc::new(Publisher {
            set: self.clone(),
            flavour: signing.purpose.flavour().to_owned(),
            format: signing.format,
        });
        follower.use_keys(&keys)?;
        keyring.follow(&keys, follower);
        Ok(())
    }

    fn replace(&self, purpose: &KeyPurpose, jwks: Vec<String>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(purpose.clone(), jwks);
        // Under the lock: of two changes at once, the later one is what is seen.
        *self.document.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(written(&keys));
    }

    fn document(&self) -> Arc<Document> {
        self.document.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn written(keys: &BTreeMap<KeyPurpose, Vec<String>>) -> Document {
    let jwks: Vec<&str> = keys.values().flatten().map(String::as_str).collect();
    Document::new(MEDIA_TYPE, format!("{{\"keys\":[{}]}}", jwks.join(",")))
}

/// Keeps the keys of one flavour in the set.
#[derive(Debug)]
struct Publisher {
    set: Arc<JwkSet>,
    flavour: String,
    format: Arc<dyn KeyFormat>,
}

impl KeyFollower for Publisher {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        let jwks = keys
            .verifying()
            .filter_map(|key| self.format.public_jwk(key).transpose())
            .map(|jwk| jwk.map(|jwk| of_flavour(&jwk, &self.flavour)));
        self.set.replace(keys.purpose(), jwks.collect::<Result<_, _>>()?);
        Ok(())
    }
}

/// The key with a member `flavour`: a set has the keys of all flavours, and only its key distinguishes a signed token of one
/// from that of another. RFC 7517 section 4 has verifiers ignore members that they do not know.
fn of_flavour(jwk: &str, flavour: &str) -> String {
    let flavour = serde_json::Value::from(flavour);
    let members = jwk.strip_suffix('}').unwrap_or(jwk);
    format!("{members},\"flavour\":{flavour}}}")
}

/// How old the keys may be that are published.
#[derive(Debug)]
pub(crate) struct KeySetAge {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) most: Duration,
}

/// The set, 304, or 503: a node that cannot read the keys does not know which of them was retired.
pub(super) async fn answer(set: Data<JwkSet>, age: Data<KeySetAge>, request: HttpRequest) -> HttpResponse {
    match age.keyring.health().is_recent(age.clock.monotonic(), age.most) {
        true => set.document().answer(&request),
        false => unavailable(),
    }
}

fn unavailable() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header(("Retry-After", "1"))
        .content_type("application/json")
        .body(r#"{"error":"temporarily_unavailable"}"#)
}

pub(super) fn operation() -> Operation {
    let keys = json!({ "type": "array", "items": { "type": "object", "required": ["kty"] } });
    let schema = json!({ "type": "object", "required": ["keys"], "properties": { "keys": keys } });
    let stale = described(
        unavailable(),
        "The keys could not be read for a while.",
        &error_schema(),
        "unavailable",
    );
    document::operation("JwkSet", MEDIA_TYPE, schema)
        .titled("The public keys")
        .about(
            "A JWK Set (RFC 7517) of the flavours whose tokens others can verify, and of `X-Auth-Jwt`. A key is published \
             before it signs.",
        )
        .responds(stale.header(Header::retry_after()))
}
