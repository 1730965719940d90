//! A verifier that accepts any token as one subject.

use async_trait::async_trait;

use crate::contract::account::{Generation, Realm, Subject};
use crate::contract::clock::Timestamp;
use crate::contract::error::{Rejection, VerifyError};
use crate::contract::issuer::{Capabilities, Verifier};
use crate::contract::scope::{Scope, Scopes};
use crate::contract::token::{PresentedToken, SessionRef, TokenId};
use crate::contract::verified_token::{VerifiedParts, VerifiedToken};

/// A [`Verifier`] that accepts any token, as a token of one subject with fixed permissions. Made by [`acting_as`].
#[derive(Clone, Debug)]
pub struct ActingAs {
    parts: VerifiedParts,
    key: Option<String>,
    claims: Option<String>,
}

/// A verifier that accepts any token as one of `subject` with exactly these permissions.
///
/// Its tokens are of the flavour `test` and the realm `test`, and do not expire.
///
/// ```
/// use auth_core::testing::acting_as;
/// use auth_core::{PresentedToken, Realm, Subject, Verifier};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let verifier = acting_as(Subject(7), ["games.read"])
///     .flavour("login")
///     .realm(Realm::parse("shops").expect("an allowed name"));
///
/// let token = verifier.verify(&PresentedToken::bearer("anything")).await?;
/// assert_eq!(token.subject(), Subject(7));
/// assert!(token.scopes().contains("games.read"));
/// # Ok::<(), auth_core::VerifyError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If a permission is not a name that a token can carry (see [`Scope::parse`]): then the test is wrong.
pub fn acting_as<'a>(subject: Subject, permissions: impl IntoIterator<Item = &'a str>) -> ActingAs {
    let scope = |name| {
        Scope::parse(name).unwrap_or_else(|invalid| panic!("{name:?} cannot be the name of a permission: {invalid}"))
    };
    let scopes: Scopes = permissions.into_iter().map(scope).collect();
    let id = TokenId(1);
    let session = SessionRef {
        id,
        generation: Generation(0),
        subject,
    };
    ActingAs {
        parts: VerifiedParts {
            id,
            session,
            flavour: "test".into(),
            realm: Realm::from_stored("test"),
            scopes,
            issued_at: None,
            expires_at: None,
        },
        key: None,
        claims: None,
    }
}

impl ActingAs {
    /// The same, of this flavour.
    #[must_use]
    pub fn flavour(mut self, name: &str) -> Self {
        self.parts.flavour = name.into();
        self
    }

    /// The same, in this realm.
    #[must_use]
    pub fn realm(mut self, realm: Realm) -> Self {
        self.parts.realm = realm;
        self
    }

    /// The same, with this as the moment at which its tokens expire. They are accepted all the same.
    #[must_use]
    pub fn expires_at(mut self, moment: Timestamp) -> Self {
        self.parts.expires_at = Some(moment);
        self
    }

    /// The same, accepted only together with this key, as a key-bound token is.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The same, with these claims: a JSON object, for services that read claims of their own.
    #[must_use]
    pub fn claims(mut self, json: &str) -> Self {
        self.claims = Some(json.to_owned());
        self
    }

    /// What every accepted token is verified as.
    pub fn token(&self) -> VerifiedToken {
        let token = VerifiedToken::dangerous_from_verifier(self.parts.clone());
        match &self.claims {
            Some(json) => token.with_claims(json.as_str()),
            None => token,
        }
    }
}

#[async_trait]
impl Verifier for ActingAs {
    fn flavour(&self) -> &str {
        &self.parts.flavour
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            key_bound: self.key.is_some(),
            ..Capabilities::default()
        }
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        match (self.key.as_deref(), presented.key) {
            (Some(_), None) => Err(Rejection::KeyMissing.into()),
            (Some(key), Some(presented)) if key != presented => Err(Rejection::KeyMismatch.into()),
            _ => Ok(self.token()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(verifier: &ActingAs, presented: PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(verifier.verify(&presented))
    }

    #[test]
    fn any_token_is_accepted_with_exactly_the_permissions_given() {
        let verifier = acting_as(Subject(7), ["a", "b"]);
        let token = verify(&verifier, PresentedToken::bearer("")).expect("accepted");
        assert_eq!(token.subject(), Subject(7));
        assert_eq!(token.scopes().to_string(), "a b");
    }

    #[test]
    fn with_a_key_a_token_is_accepted_only_together_with_it() {
        let verifier = acting_as(Subject(7), []).key("k");
        assert!(verify(&verifier, PresentedToken::with_key("t", "k")).is_ok());
        let without = verify(&verifier, PresentedToken::bearer("t"));
        assert_eq!(without, Err(Rejection::KeyMissing.into()));
        let other = verify(&verifier, PresentedToken::with_key("t", "other"));
        assert_eq!(other, Err(Rejection::KeyMismatch.into()));
    }

    #[test]
    #[should_panic(expected = "cannot be the name of a permission")]
    fn a_permission_that_cannot_be_one_stops_the_test() {
        let _ = acting_as(Subject(7), ["two words"]);
    }
}
