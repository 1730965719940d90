//! A token that was checked.

use std::fmt;
use std::sync::Arc;

use super::account::{Realm, Subject};
use super::clock::Timestamp;
use super::scope::Scopes;
use super::token::{FlavourName, SessionRef, TokenId};
use super::token_store::TokenRecord;

/// A token that was checked: the proof that a [`Verifier`](crate::Verifier) accepted it.
///
/// Its fields are private, so that code which asks for a `VerifiedToken` gets it from a verifier. Tests of handlers get
/// one from `auth_core::testing::acting_as` (feature `test-support`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    parts: VerifiedParts,
    claims: Option<ClaimsText>,
}

/// What a token says, as JSON. It may be personal data, so it does not print.
#[derive(Clone, PartialEq, Eq)]
struct ClaimsText(Arc<str>);

impl fmt::Debug for ClaimsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimsText(..)")
    }
}

/// What a verifier learned about a token. Plain data: it proves nothing until
/// [`VerifiedToken::dangerous_from_verifier`] has made a [`VerifiedToken`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedParts {
    /// Its record.
    pub id: TokenId,
    /// The session it belongs to (for a token that is its own session, the same as `id`).
    pub session: SessionRef,
    /// The flavour that issued it.
    pub flavour: FlavourName,
    /// The realm its owner signed in to.
    pub realm: Realm,
    /// What its bearer may do now.
    pub scopes: Scopes,
    /// When it was issued, where the token or its record says.
    pub issued_at: Option<Timestamp>,
    /// When it expires; `None`: it is valid until it is revoked.
    pub expires_at: Option<Timestamp>,
}

impl From<&TokenRecord> for VerifiedParts {
    /// What a token is whose record says everything.
    fn from(record: &TokenRecord) -> Self {
        Self {
            id: record.id,
            session: record.session(),
            flavour: record.flavour.clone(),
            realm: record.realm.clone(),
            scopes: record.scopes.clone(),
            issued_at: Some(record.issued_at),
            expires_at: record.expires_at,
        }
    }
}

impl VerifiedToken {
    /// States that a token with these properties was checked. For implementations of
    /// [`Verifier::verify`](crate::Verifier::verify) only.
    ///
    /// # Security
    /// This is where trust begins: handlers and guards act on the result without another check. Call it only after the
    /// signature or the secret, the expiry, the flavour and the revocations were checked, and only with what was issued,
    /// never with what the caller presented. A search for this name finds every such place.
    pub const fn dangerous_from_verifier(parts: VerifiedParts) -> Self {
        Self { parts, claims: None }
    }

    /// The same, with all that the token says beside what a [`VerifiedToken`] has: a JSON object, for services that read
    /// claims of their own.
    ///
    /// # Security
    /// Only with what was issued, as for [`Self::dangerous_from_verifier`]: the payload whose signature was checked, or what
    /// the issuer answered about the token.
    #[must_use]
    pub fn with_claims(self, json: impl Into<Arc<str>>) -> Self {
        let claims = Some(ClaimsText(json.into()));
        Self { claims, ..self }
    }

    /// The token's properties, for a verifier that wraps another one and replaces some of them. The claims are not among
    /// them.
    pub fn into_parts(self) -> VerifiedParts {
        self.parts
    }

    /// All that the token says, as a JSON object, if its verifier kept it.
    pub fn claims_json(&self) -> Option<&str> {
        self.claims.as_ref().map(|claims| &*claims.0)
    }

    /// The name of its record; for a stateless token, a random number that nothing stores.
    pub const fn id(&self) -> TokenId {
        self.parts.id
    }

    /// The session it belongs to.
    pub const fn session(&self) -> SessionRef {
        self.parts.session
    }

    /// The account or client it speaks for.
    pub const fn subject(&self) -> Subject {
        self.parts.session.subject
    }

    /// The flavour that issued it.
    pub const fn flavour(&self) -> &FlavourName {
        &self.parts.flavour
    }

    /// The realm its owner signed in to.
    pub const fn realm(&self) -> &Realm {
        &self.parts.realm
    }

    /// What its bearer may do now.
    pub const fn scopes(&self) -> &Scopes {
        &self.parts.scopes
    }

    /// When it was issued, where the token or its record says.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.parts.issued_at
    }

    /// When it expires; `None`: it is valid until it is revoked.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.parts.expires_at
    }
}
