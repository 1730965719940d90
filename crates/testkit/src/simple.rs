//! The simplest issuer that keeps the contract, for tests of the decorators and of the laws.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    CLOCK_SKEW, Capabilities, Clock, Entropy, EntropyError, FlavourName, Grant, IssueError, IssuedToken, Issuer,
    Lifetime, PlainToken, PresentedToken, Realm, Rejection, RevokeError, Scopes, SecretKey, SessionRef, Timestamp,
    TokenDigest, TokenId, VerifiedParts, VerifiedToken, Verifier, VerifyError, random_bytes,
};

/// Longer texts are refused.
const MAX_BYTES: usize = 4096;

/// An issuer without a store. A token is the hexadecimal text of its claims, a dot, and the HMAC-SHA-256 of that text.
///
/// For tests: it is correct, but its claims have no standard format.
#[derive(Debug)]
pub struct SimpleIssuer {
    flavour: FlavourName,
    lifetime: Lifetime,
    key: SecretKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl SimpleIssuer {
    /// An issuer of this flavour. Issuers with the same key and flavour accept each other's tokens.
    pub fn new(
        flavour: FlavourName,
        lifetime: Lifetime,
        key: SecretKey,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            flavour,
            lifetime,
            key,
            clock,
            entropy,
        }
    }

    fn sign(&self, claims: &str) -> String {
        hex(&self.key.mac(&[claims.as_bytes()]))
    }

    /// The session of the grant, or a random one that is not stored.
    fn session_of(&self, grant: &Grant) -> Result<SessionRef, EntropyError> {
        if let Some(session) = grant.session {
            return Ok(session);
        }
        let random = i64::from_be_bytes(random_bytes(&*self.entropy)?);
        Ok(SessionRef {
            id: TokenId(random & i64::MAX),
            generation: grant.generation,
            subject: grant.subject,
        })
    }
}

#[async_trait]
impl Verifier for SimpleIssuer {
    fn flavour(&self) -> &str {
        &self.flavour
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.expires = matches!(self.lifetime, Lifetime::Limited(_));
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.check(presented)
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        Some(self.check(presented))
    }
}

impl SimpleIssuer {
    fn check(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        if presented.text.len() > MAX_BYTES {
            return Err(Rejection::Malformed.into());
        }
        let (claims, signature) = presented.text.split_once('.').ok_or(Rejection::Malformed)?;
        let expected = self.sign(claims);
        if TokenDigest::of(signature.as_bytes()) != TokenDigest::of(expected.as_bytes()) {
            return Err(Rejection::BadSignature.into());
        }
        let token = read_claims(claims).ok_or(Rejection::BadClaims)?;
        let expired = token.expires_at().is_some_and(|end| end <= self.clock.now());
        let latest = self.clock.now().plus(CLOCK_SKEW);
        let early = token.issued_at().is_some_and(|issued| issued > latest);
        match **token.flavour() == *self.flavour {
            true if expired => Err(Rejection::Expired.into()),
            true if early => Err(Rejection::NotYetValid.into()),
            true => Ok(token),
            false => Err(Rejection::WrongFlavour.into()),
        }
    }
}

#[async_trait]
impl Issuer for SimpleIssuer {
    fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let session = self.session_of(&grant)?;
        let issued_at = self.clock.now();
        let expires_at = self.lifetime.end(issued_at);
        let nonce = hex(&random_bytes::<16>(&*self.entropy)?);
        let claims = [
            nonce,
            self.flavour.to_string(),
            session.to_string(),
            grant.realm.to_string(),
            issued_at.as_millis().to_string(),
            expires_at.map_or("never".into(), |end| end.as_millis().to_string()),
            grant.scopes.to_string(),
        ];
        let claims = hex(claims.join("\n").as_bytes());
        Ok(IssuedToken {
            plain: PlainToken::new(format!("{claims}.{}", self.sign(&claims))),
            id: session.id,
            session: session.id,
            issued_at,
            expires_at,
            key: None,
        })
    }

    async fn revoke(&self, _id: TokenId) -> Result<bool, RevokeError> {
        Err(RevokeError::Unsupported)
    }
}

/// Parses claims whose signature was checked.
fn read_claims(claims: &str) -> Option<VerifiedToken> {
    let claims = String::from_utf8(unhex(claims)?).ok()?;
    let mut lines = claims.split('\n').skip(1);
    let flavour = lines.next()?.into();
    let session = SessionRef::parse(lines.next()?)?;
    let realm = Realm::from_stored(lines.next()?);
    let issued_at = Timestamp::from_millis(lines.next()?.parse().ok()?);
    let expires_at = match lines.next()? {
        "never" => None,
        millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
    };
    let parts = VerifiedParts {
        id: session.id,
        session,
        flavour,
        realm,
        scopes: Scopes::parse_list(lines.next()?).ok()?,
        issued_at: Some(issued_at),
        expires_at,
    };
    Some(VerifiedToken::dangerous_from_verifier(parts))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}
