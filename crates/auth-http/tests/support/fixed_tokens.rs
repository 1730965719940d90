//! A verifier with three tokens, for the tests of the adapters around one.
#![allow(dead_code, reason = "no test uses all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use auth_core::{
    Capabilities, Generation, PresentedToken, Realm, Rejection, Scopes, SessionRef, StoreError, Subject, TokenId,
    VerifiedParts, VerifiedToken, Verifier, VerifyError,
};
use auth_http::Authenticator;

/// Knows the tokens `reader` and `writer`, each with the permission of its name, and fails for `broken`.
#[derive(Debug, Default)]
pub(crate) struct Fixed {
    pub(crate) checks: AtomicUsize,
}

#[async_trait]
impl Verifier for Fixed {
    fn flavour(&self) -> &str {
        "fixed"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        match presented.text {
            "reader" => Ok(token("read").with_claims(r#"{"user_id":7,"plan":"gold"}"#)),
            "writer" => Ok(token("write").with_claims(r#"{"user_id":"seven"}"#)),
            "claimless" => Ok(token("read")),
            "broken" => Err(StoreError::Unavailable("connection to 10.1.2.3 refused".into()).into()),
            _ => Err(Rejection::BadSignature.into()),
        }
    }
}

fn token(scopes: &str) -> VerifiedToken {
    VerifiedToken::dangerous_from_verifier(VerifiedParts {
        id: TokenId(1),
        session: SessionRef {
            id: TokenId(1),
            generation: Generation(0),
            subject: Subject(7),
        },
        flavour: "fixed".into(),
        realm: Realm::parse("test").expect("an allowed name"),
        scopes: Scopes::parse_list(scopes).expect("allowed names"),
        issued_at: None,
        expires_at: None,
    })
}

/// An authenticator over [`Fixed`], and the verifier, which counts.
pub(crate) fn authenticator() -> (Authenticator, Arc<Fixed>) {
    let verifier = Arc::new(Fixed::default());
    (Authenticator::bearer(verifier.clone(), "test"), verifier)
}
