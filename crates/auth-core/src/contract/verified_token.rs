//! A token that was checked.

use super::account::{Realm, Subject};
use super::clock::Timestamp;
use super::scope::Scopes;
use super::token::{FlavourName, SessionRef, TokenId};

/// A token that was checked: the proof that a [`Verifier`](crate::Verifier) accepted it.
///
/// Its fields are private, so that code which asks for a `VerifiedToken` gets it from a verifier. Tests of handlers get
/// one from `auth_core::testing::acting_as` (feature `test-support`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken(VerifiedParts);

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

impl VerifiedToken {
    /// States that a token with these properties was checked. For implementations of
    /// [`Verifier::verify`](crate::Verifier::verify) only.
    ///
    /// # Security
    /// This is where trust begins: handlers and guards act on the result without another check. Call it only after the
    /// signature or the secret, the expiry, the flavour and the revocations were checked, and only with what was issued,
    /// never with what the caller presented. A search for this name finds every such place.
    pub const fn dangerous_from_verifier(parts: VerifiedParts) -> Self {
        Self(parts)
    }

    /// The token's properties, for a verifier that wraps another one and replaces some of them.
    pub fn into_parts(self) -> VerifiedParts {
        self.0
    }

    /// The name of its record; for a stateless token, a random number that nothing stores.
    pub const fn id(&self) -> TokenId {
        self.0.id
    }

    /// The session it belongs to.
    pub const fn session(&self) -> SessionRef {
        self.0.session
    }

    /// The account or client it speaks for.
    pub const fn subject(&self) -> Subject {
        self.0.session.subject
    }

    /// The flavour that issued it.
    pub const fn flavour(&self) -> &FlavourName {
        &self.0.flavour
    }

    /// The realm its owner signed in to.
    pub const fn realm(&self) -> &Realm {
        &self.0.realm
    }

    /// What its bearer may do now.
    pub const fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    /// When it was issued, where the token or its record says.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.0.issued_at
    }

    /// When it expires; `None`: it is valid until it is revoked.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }
}
