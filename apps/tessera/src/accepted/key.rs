//! A key of another system as it is stored: its JWK, and what its tokens must say.

use std::time::Duration;

use clap::ValueEnum;
use keystore::{KeyFormatError, KeyNamer, PlainKey};
use serde::{Deserialize, Serialize};
use token_jwt::{Algorithm, ClaimsVerifier, KeyError, Policy, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// A kind of token of SimpleJWT that is presented with requests, by its claim `token_type`. Refresh tokens are signed with the same key, and
/// are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenKind {
    /// AccessToken.
    Access,
    /// SlidingToken. It is accepted until it ends, also if it was blacklisted there.
    Sliding,
}

impl TokenKind {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Sliding => "sliding",
        }
    }
}

/// What tokens must say, beside being signed and in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Demands {
    /// The claim that names the owner, as the other system's database does.
    pub(crate) owner_claim: String,
    /// `iss`, where the other system sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) issuer: Option<String>,
    /// `aud`, where the other system sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) audience: Option<String>,
    /// The longest life of a token.
    pub(crate) longest_life_s: u64,
    /// Of which kinds they may be.
    #[serde(default = "access_only")]
    pub(crate) kinds: Vec<TokenKind>,
}

/// What was stored by a version that knew no other kind.
fn access_only() -> Vec<TokenKind> {
    vec![TokenKind::Access]
}

/// A key that verifies, with the demands on its tokens.
#[derive(Debug)]
pub(super) struct AcceptedKey {
    pub(super) verifier: ClaimsVerifier,
    pub(super) owner_claim: String,
    kinds: Vec<TokenKind>,
}

/// The members beside those of the JWK, which readers of a JWK pass over (RFC 7517 section 4).
#[derive(Deserialize)]
struct AtRest {
    accepted: Demands,
}

impl AcceptedKey {
    /// A key that was opened.
    pub(super) fn read(key: &PlainKey) -> Result<Self, KeyFormatError> {
        let damaged = |what: String| KeyFormatError::NotAKey(format!("{}: {what}", key.name()));
        let text = std::str::from_utf8(key.expose()).map_err(|error| damaged(error.to_string()))?;
        let verifying = VerifyingKey::from_jwk(text).map_err(|error| damaged(error.to_string()))?;
        let AtRest { accepted } = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        let mut policy = Policy::default().max_lifetime(Duration::from_secs(accepted.longest_life_s));
        if let Some(issuer) = accepted.issuer {
            policy = policy.issuer(issuer);
        }
        if let Some(audience) = accepted.audience {
            policy = policy.audience(audience);
        }
        Ok(Self {
            verifier: ClaimsVerifier::new(verifying, policy),
            owner_claim: accepted.owner_claim,
            kinds: accepted.kinds,
        })
    }

    /// Whether a token of this `token_type` may be presented.
    pub(super) fn takes(&self, token_type: &str) -> bool {
        self.kinds.iter().any(|kind| kind.word() == token_type)
    }
}

/// Reads the key that another system verifies with: a shared secret as it is, of any bytes, or a public key as PEM. The name is that of the
/// secret, and has the day of its end, so that the same key can be accepted for longer.
pub(crate) fn read(
    algorithm: Algorithm,
    key: &[u8],
    demands: &Demands,
    end: &str,
    namer: &KeyNamer,
) -> Result<PlainKey, KeyFormatError> {
    let (jwk, base) = match algorithm.is_symmetric() {
        true => {
            let signing = SigningKey::hmac(algorithm, key).map_err(|error| unusable(algorithm, &error))?;
            let jwk = signing.to_private_jwk();
            let jwk = std::str::from_utf8(jwk.expose()).map(|text| Zeroizing::new(text.to_owned()));
            (jwk.ok(), Some(namer.name(key)))
        }
        false => {
            let text = String::from_utf8_lossy(key);
            let key = VerifyingKey::from_pem(algorithm, &text).map_err(|error| unusable(algorithm, &error))?;
            (key.to_jwk().map(Zeroizing::new), key.thumbprint())
        }
    };
    let (Some(jwk), Some(base)) = (jwk, base) else {
        return Err(KeyFormatError::NotAKey(
            "it has no form in which it can be stored".into(),
        ));
    };
    let demands = serde_json::to_string(demands).map_err(|error| KeyFormatError::NotAKey(error.to_string()))?;
    let members = jwk.strip_suffix('}').unwrap_or(&jwk);
    let at_rest = Zeroizing::new(format!("{members},\"accepted\":{demands}}}"));
    PlainKey::new(format!("{base}{ENDS}{end}"), at_rest.as_bytes().to_vec())
}

/// Between the name of a secret and the day of its end.
const ENDS: &str = "-until-";

/// Whether two names are those of one secret.
pub(crate) fn is_same_secret(one: &str, other: &str) -> bool {
    let base = |name: &str| name.rsplit_once(ENDS).map(|(base, _)| base.to_owned());
    base(one).is_some() && base(one) == base(other)
}

fn unusable(algorithm: Algorithm, error: &KeyError) -> KeyFormatError {
    let wanted = match algorithm.is_symmetric() {
        true => "the shared secret, as the other system has it",
        false => "the public key, as PEM (BEGIN PUBLIC KEY)",
    };
    KeyFormatError::NotAKey(format!("for {algorithm} it has to be {wanted}: {error}"))
}
