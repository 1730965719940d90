//! The claims of signed tokens: from a grant to claims, and from verified claims back to a token.
//!
//! A strategy whose tokens carry a signature (JWT, PASETO) differs from another one in how it writes and signs the
//! claims. What the claims are, and what must be checked of them, is the same, and is here.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::Realm;
use super::clock::{CLOCK_SKEW, Timestamp};
use super::entropy::{Entropy, EntropyError, random_bytes};
use super::error::Rejection;
use super::scope::Scopes;
use super::secret::PlainToken;
use super::token::{FlavourName, Grant, IssuedToken, SessionRef, TokenId, canonical_number};
use super::verified_token::{VerifiedParts, VerifiedToken};

/// Which claims the signed tokens of one flavour carry, and how long the tokens live.
///
/// A strategy issues with [`prepare`](Self::prepare) and verifies with [`verify`](Self::verify). Between the two it
/// writes the claims in its own format, signs them, and checks the signature.
///
/// ```
/// use std::time::Duration;
/// use auth_core::{ClaimsProfile, Generation, Grant, Realm, Rejection, Scopes, SignedClaims, Subject, SubjectClaim};
/// use auth_core::{SystemEntropy, Timestamp};
///
/// // The format of this strategy: JSON with dates in seconds. A real strategy signs it here…
/// fn write(claims: SignedClaims<'_>) -> String {
///     let claims = claims.map_dates(|at| Some(at.as_seconds())).unwrap();
///     serde_json::to_string(&claims).unwrap()
/// }
///
/// // … and checks the signature here, before it reads the claims.
/// fn read(payload: &str) -> Option<SignedClaims<'static>> {
///     let claims: SignedClaims<'static, i64> = serde_json::from_str(payload).ok()?;
///     claims.map_dates(|seconds| Some(Timestamp::from_seconds(seconds)))
/// }
///
/// let realm = Realm::parse("workshops").unwrap();
/// let profile = ClaimsProfile {
///     flavour: "shops".into(),
///     realm: Some(realm.clone()),
///     lifetime: Duration::from_secs(900),
///     subject: SubjectClaim::Sub,
///     issued_at: true,
///     scope: true,
/// };
/// // These dates are whole seconds, so the time is rounded down before it goes into the claims.
/// let now = Timestamp::from_millis(1_700_000_000_250).floor_to_second();
///
/// let grant = Grant::new(Subject(7), Generation(0), realm, Scopes::parse_list("read").unwrap());
/// let unsigned = profile.prepare(&grant, now, &SystemEntropy).unwrap();
/// let text = write(unsigned.claims().clone());
/// let issued = unsigned.into_issued(text);
///
/// let claims = read(issued.plain.expose()).unwrap();
/// let token = profile.verify(&claims, now).unwrap();
/// assert_eq!(token.subject(), Subject(7));
///
/// let later = now.plus(Duration::from_secs(900));
/// assert_eq!(profile.verify(&claims, later), Err(Rejection::Expired));
/// ```
#[derive(Clone, Debug)]
pub struct ClaimsProfile {
    /// The flavour whose tokens these are.
    pub flavour: FlavourName,
    /// The realm of every subject. `None`: each token names its own in the claim `realm`.
    pub realm: Option<Realm>,
    /// How long a token lives, in whole seconds.
    pub lifetime: Duration,
    /// Which claim names the subject.
    pub subject: SubjectClaim,
    /// Whether tokens carry `iat`. Where they do, a token without it is rejected.
    pub issued_at: bool,
    /// Whether the scopes of a grant go into a claim `scope` (RFC 9068 section 2.2.3). A grant without scopes makes no
    /// such claim.
    pub scope: bool,
}

/// The claim that names the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectClaim {
    /// `user_id`, an integer.
    UserId,
    /// `sub`, a string (RFC 7519 section 4.1.2).
    Sub,
    /// No claim of its own: `sid` names the subject.
    Session,
}

/// The claims of one signed token, whatever the format they are written in. `D` is how the format writes a date.
///
/// A strategy writes those that are present and reads them back from a payload whose signature it has checked. With serde
/// they are the members `user_id`, `sub`, `exp`, `iat`, `sid`, `realm`, `scope`, in this order; absent ones are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedClaims<'a, D = Timestamp> {
    /// `user_id`: the subject as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// `sub`: the subject as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<Cow<'a, str>>,
    /// `exp`: when the token expires.
    #[serde(rename = "exp")]
    pub expires_at: D,
    /// `iat`: when the token was issued.
    #[serde(rename = "iat", skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<D>,
    /// `sid`: the text of a [`SessionRef`].
    pub sid: Cow<'a, str>,
    /// `realm`: the name of the subject's realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<Cow<'a, str>>,
    /// `scope`: scope names with a space between them (RFC 6749 section 3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Cow<'a, str>>,
}

impl<'a, D> SignedClaims<'a, D> {
    /// The same claims with dates of another form; `None` if a date has no such form.
    pub fn map_dates<E>(self, date: impl Fn(D) -> Option<E>) -> Option<SignedClaims<'a, E>> {
        let issued_at = match self.issued_at {
            Some(issued_at) => Some(date(issued_at)?),
            None => None,
        };
        Some(SignedClaims {
            user_id: self.user_id,
            sub: self.sub,
            expires_at: date(self.expires_at)?,
            issued_at,
            sid: self.sid,
            realm: self.realm,
            scope: self.scope,
        })
    }
}

/// A token that only lacks its signed text.
#[derive(Debug)]
pub struct UnsignedToken<'a> {
    claims: SignedClaims<'a>,
    id: TokenId,
    issued_at: Timestamp,
}

impl<'a> UnsignedToken<'a> {
    /// The claims to write and sign.
    pub fn claims(&self) -> &SignedClaims<'a> {
        &self.claims
    }

    /// The issued token, once `text` holds the signed claims.
    pub fn into_issued(self, text: String) -> IssuedToken {
        IssuedToken {
            plain: PlainToken::new(text),
            id: self.id,
            session: self.id,
            issued_at: self.issued_at,
            expires_at: Some(self.claims.expires_at),
            key: None,
        }
    }
}

impl ClaimsProfile {
    /// The claims of a token for `grant`. A grant without a session gets a random session id, which nothing stores.
    ///
    /// `now` must have the precision of the format's dates: for whole seconds pass [`Timestamp::floor_to_second`], or
    /// the token that is returned and the token that is signed expire at different times.
    ///
    /// # Errors
    /// [`EntropyError`] if a session id is needed and the random source fails.
    pub fn prepare<'a>(
        &self,
        grant: &'a Grant,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<UnsignedToken<'a>, EntropyError> {
        let session = match grant.session {
            Some(session) => session,
            None => random_session(grant, entropy)?,
        };
        Ok(UnsignedToken {
            claims: self.claims(grant, session, now),
            id: session.id,
            issued_at: now,
        })
    }

    /// Checks claims at the time `now`, and returns the token they describe.
    ///
    /// # Errors
    /// [`Rejection::Expired`] from `expires_at` on, [`Rejection::NotYetValid`] for a token issued later than
    /// [`CLOCK_SKEW`](crate::CLOCK_SKEW) from now (it may come from a node whose clock is ahead), and
    /// [`Rejection::BadClaims`] for everything else: a claim that this profile requires is missing, the claims name
    /// different subjects, a value is malformed, or the token lives longer than [`lifetime`](Self::lifetime).
    ///
    /// # Security
    /// Call this only after the signature was found good, with claims read from the signed bytes. It does not check
    /// who signed them: each flavour needs keys of its own, or a token of one flavour passes as another's.
    pub fn verify(&self, claims: &SignedClaims<'_>, now: Timestamp) -> Result<VerifiedToken, Rejection> {
        self.check_dates(claims, now)?;
        self.token(claims).ok_or(Rejection::BadClaims)
    }

    fn claims<'a>(&self, grant: &'a Grant, session: SessionRef, now: Timestamp) -> SignedClaims<'a> {
        let subject = session.subject;
        let has_scope = self.scope && !grant.scopes.is_empty();
        SignedClaims {
            user_id: (self.subject == SubjectClaim::UserId).then_some(subject.0),
            sub: (self.subject == SubjectClaim::Sub).then(|| subject.to_string().into()),
            expires_at: now.plus(self.lifetime),
            issued_at: self.issued_at.then_some(now),
            sid: session.to_string().into(),
            realm: self.realm.is_none().then(|| grant.realm.as_str().into()),
            scope: has_scope.then(|| grant.scopes.to_string().into()),
        }
    }

    fn check_dates(&self, claims: &SignedClaims<'_>, now: Timestamp) -> Result<(), Rejection> {
        if claims.expires_at <= now {
            return Err(Rejection::Expired);
        }
        if self.issued_at && claims.issued_at.is_none() {
            return Err(Rejection::BadClaims);
        }
        // Without `iat` the token may have been issued at any time until then.
        let latest = now.plus(CLOCK_SKEW);
        let issued_at = claims.issued_at.unwrap_or(latest);
        if issued_at > latest {
            return Err(Rejection::NotYetValid);
        }
        if claims.expires_at > issued_at.plus(self.lifetime) {
            return Err(Rejection::BadClaims);
        }
        Ok(())
    }

    fn token(&self, claims: &SignedClaims<'_>) -> Option<VerifiedToken> {
        let session = SessionRef::parse(&claims.sid)?;
        if !self.names_subject_of(claims, session) {
            return None;
        }
        let realm = match &self.realm {
            Some(realm) => realm.clone(),
            None => Realm::from_stored(claims.realm.as_deref()?),
        };
        Some(VerifiedToken::dangerous_from_verifier(VerifiedParts {
            id: session.id,
            session,
            flavour: self.flavour.clone(),
            realm,
            scopes: Scopes::parse_list(claims.scope.as_deref().unwrap_or_default()).ok()?,
            issued_at: claims.issued_at,
            expires_at: Some(claims.expires_at),
        }))
    }

    /// Whether the subject's own claim agrees with `sid`.
    fn names_subject_of(&self, claims: &SignedClaims<'_>, session: SessionRef) -> bool {
        match self.subject {
            SubjectClaim::UserId => claims.user_id == Some(session.subject.0),
            SubjectClaim::Sub => claims.sub.as_deref().and_then(canonical_number) == Some(session.subject.0),
            SubjectClaim::Session => true,
        }
    }
}

/// A session for a grant that has none: its id is random, and no store has a record of it.
fn random_session(grant: &Grant, entropy: &dyn Entropy) -> Result<SessionRef, EntropyError> {
    let id = i64::from_be_bytes(random_bytes(entropy)?) & i64::MAX;
    Ok(SessionRef {
        id: TokenId(id),
        generation: grant.generation,
        subject: grant.subject,
    })
}
