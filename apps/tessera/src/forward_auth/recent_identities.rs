//! The identities that one worker thread has signed a moment ago.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use auth_core::{Timestamp, TokenId, Unavailable, VerifiedToken};
use token_jwt::Signer;

use super::identity_signer::IdentitySigner;

/// How many identities one generation has.
const GENERATION: usize = 2_000;

/// The most bytes of an identity that is kept. So two generations have at most 8 MB of text; one that is longer, of a token
/// with many permissions, is signed for each request.
const LONGEST: usize = 2_048;

/// Identities by token, to be handed out again for half of their life.
///
/// A signature costs more than the rest of a check. A service behind the proxy gets an identity that is valid for at least
/// half of `lifetime` (unless the token expires), and sees the same `jti` in several requests. Each worker thread has its own, so none waits for another.
///
/// # Security
/// It is asked only after the token was checked, so a revoked token gets none. What was signed for other permissions, or
/// another owner, or with a key that does not sign any more, is not handed out.
pub(crate) struct RecentIdentities {
    signer: Arc<IdentitySigner>,
    recent: RefCell<Recent>,
}

/// Two generations: when the younger one is full, it becomes the older one, and the older one is dropped.
#[derive(Default)]
struct Recent {
    signed_by: Option<Arc<Signer>>,
    younger: HashMap<TokenId, Identity>,
    older: HashMap<TokenId, Identity>,
}

struct Identity {
    of: VerifiedToken,
    signed_at: Timestamp,
    expires_at: Timestamp,
    header: HeaderValue,
}

impl RecentIdentities {
    pub(super) fn new(signer: Arc<IdentitySigner>) -> Self {
        Self {
            signer,
            recent: RefCell::default(),
        }
    }

    /// The identity of a token that was checked just now, as a header's value. Its `exp` is yet to come.
    ///
    /// # Errors
    /// [`Unavailable::NoKey`] while no key signs, and [`Unavailable::Entropy`] where there are no random bytes.
    pub(super) fn of(&self, token: &VerifiedToken) -> Result<HeaderValue, Unavailable> {
        let (signer, now) = (self.signer.current()?, self.signer.now());
        let mut recent = self.recent.borrow_mut();
        recent.keep_those_of(&signer);
        let half = self.signer.lifetime() / 2;
        if let Some(known) = recent.find(token).filter(|identity| identity.is_fresh(now, half)) {
            return Ok(known.header.clone());
        }
        let signed = self.signer.sign(&signer, token, now)?;
        let mut header = HeaderValue::try_from(signed.text).expect("base64url and dots are allowed in a header");
        header.set_sensitive(true);
        if header.len() <= LONGEST {
            recent.insert(Identity {
                of: token.clone(),
                signed_at: now,
                expires_at: signed.expires_at,
                header: header.clone(),
            });
        }
        Ok(header)
    }
}

impl Identity {
    /// Whether it may be handed out again: not in the second half of its life, and not after its end.
    fn is_fresh(&self, now: Timestamp, half: Duration) -> bool {
        self.signed_at <= now && now < self.signed_at.plus(half).min(self.expires_at)
    }
}

impl Recent {
    /// Drops what another key has signed.
    fn keep_those_of(&mut self, signer: &Arc<Signer>) {
        let is_same = self.signed_by.as_ref().is_some_and(|it| Arc::ptr_eq(it, signer));
        if !is_same {
            *self = Self {
                signed_by: Some(signer.clone()),
                ..Self::default()
            };
        }
    }

    fn find(&self, token: &VerifiedToken) -> Option<&Identity> {
        let id = token.id();
        let found = self.younger.get(&id).or_else(|| self.older.get(&id));
        found.filter(|identity| identity.of == *token)
    }

    fn insert(&mut self, identity: Identity) {
        if self.younger.len() >= GENERATION {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(identity.of.id(), identity);
    }
}

impl fmt::Debug for RecentIdentities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentIdentities").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use auth_core::testing::acting_as;
    use auth_core::{Clock, EntropyError, SessionRef, Subject};

    use super::*;
    use crate::forward_auth::identity_signer::tests::{Node, exp};

    const LIFE: Duration = Duration::from_secs(60);

    fn caller(id: i64, permissions: &[&'static str]) -> VerifiedToken {
        let acting = acting_as(Subject(7), permissions.iter().copied());
        let mut parts = acting.token().into_parts();
        parts.id = TokenId(id);
        parts.session = SessionRef {
            id: TokenId(id),
            ..parts.session
        };
        VerifiedToken::dangerous_from_verifier(parts)
    }

    fn text(recent: &RecentIdentities, token: &VerifiedToken) -> String {
        let header = recent.of(token).expect("a key signs");
        assert!(!format!("{header:?}").contains("ey"), "it does not print");
        header.to_str().expect("text").to_owned()
    }

    #[tokio::test]
    async fn an_identity_is_handed_out_again_for_half_of_its_life() {
        let node = Node::new("EdDSA").await;
        let (recent, token) = (node.signer.worker(), caller(1, &["read"]));
        let first = text(&recent, &token);
        node.clock.advance(LIFE / 2 - Duration::from_millis(1));
        assert_eq!(text(&recent, &token), first);
        node.clock.advance(Duration::from_millis(1));
        let second = text(&recent, &token);
        assert_ne!(second, first);
        assert_eq!(text(&recent, &token), second);
    }

    #[tokio::test]
    async fn another_token_or_what_it_permits_now_is_another_identity() {
        let node = Node::new("EdDSA").await;
        let recent = node.signer.worker();
        let first = text(&recent, &caller(1, &["read"]));
        assert_ne!(text(&recent, &caller(2, &["read"])), first);
        let less = text(&recent, &caller(1, &[]));
        assert_ne!(less, first);
        assert_eq!(text(&recent, &caller(1, &[])), less);
        let mut parts = caller(1, &[]).into_parts();
        parts.flavour = "other".into();
        assert_ne!(text(&recent, &VerifiedToken::dangerous_from_verifier(parts)), less);
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_signs_nothing_that_is_handed_out() {
        let node = Node::new("EdDSA").await;
        let (recent, token) = (node.signer.worker(), caller(1, &["read"]));
        let first = text(&recent, &token);
        let stolen = node.keys.format.generate().expect("a key");
        let replaced = node.keyring.emergency(&node.keys.purpose, &stolen).await;
        replaced.expect("another key");
        node.keyring.reload().await.expect("a reload");
        let second = text(&recent, &token);
        let kid = |text: &str| {
            token_jwt::peek_unverified(text)
                .expect("a token")
                .header_json()
                .to_owned()
        };
        assert_ne!(kid(&first), kid(&second));
        assert!(kid(&second).contains(stolen.name()), "the key that replaces it");
    }

    #[tokio::test]
    async fn however_many_tokens_there_are_two_generations_are_held() {
        let node = Node::new("EdDSA").await;
        let recent = node.signer.worker();
        let ids = i64::try_from(GENERATION * 2 + 500).expect("a small number");
        for id in 0..ids {
            text(&recent, &caller(id, &[]));
        }
        let held = recent.recent.borrow();
        assert_eq!((held.younger.len(), held.older.len()), (500, GENERATION));
    }

    #[tokio::test]
    async fn what_is_held_is_bounded_in_bytes_too() {
        let node = Node::new("EdDSA").await;
        let recent = node.signer.worker();
        let many: Vec<String> = (0..300).map(|index| format!("a.permission.{index}")).collect();
        let permissions = |count| many.iter().take(count).map(String::as_str);
        for count in 0..many.len() {
            let acting = acting_as(Subject(7), permissions(count));
            let first = text(&recent, &acting.token());
            let again = text(&recent, &acting.token());
            assert_eq!(first == again, first.len() <= 2_048, "{} bytes", first.len());
        }
        let held = recent.recent.borrow();
        assert!(held.younger.values().all(|identity| identity.header.len() <= 2_048));
    }

    /// `exp` is in seconds, and a token may end within one.
    #[tokio::test]
    async fn no_identity_is_handed_out_that_has_ended() {
        let node = Node::new("EdDSA").await;
        let recent = node.signer.worker();
        let expires = node.clock.now().floor_to_second().plus(Duration::from_millis(3_900));
        let mut parts = caller(1, &["read"]).into_parts();
        parts.expires_at = Some(expires);
        let token = VerifiedToken::dangerous_from_verifier(parts);
        while node.clock.now() < expires {
            let ends = Timestamp::from_seconds(exp(&text(&recent, &token)));
            let now = node.clock.now();
            assert!(ends > now, "at {now:?} it has ended: {ends:?}");
            assert!(ends < expires.plus(Duration::from_secs(1)), "with its token");
            node.clock.advance(Duration::from_millis(100));
        }
    }

    #[tokio::test]
    async fn why_there_is_no_identity_is_not_hidden() {
        for algorithm in ["EdDSA", "ES256"] {
            let node = Node::new(algorithm).await;
            let recent = node.signer.worker();
            node.entropy.fail(true);
            let failed = recent.of(&caller(1, &[]));
            assert_eq!(failed.unwrap_err(), Unavailable::Entropy(EntropyError));
            node.entropy.fail(false);
            text(&recent, &caller(1, &[]));
            node.take_key();
            assert_eq!(recent.of(&caller(1, &[])).unwrap_err(), Unavailable::NoKey);
        }
    }
}
