//! Which tokens are accepted, for how long, and at what cost.

use std::collections::HashSet;
use std::time::Duration;

use auth_core::Lifetime;

use super::fixture::{Harness, IssuerAssertions, key_bound};
use crate::harness::{Accepted, Expiry, Verdict};
use crate::law::{LawResult, Unsupported};

const TICK: Duration = Duration::from_millis(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A part of a token that is shorter proves nothing: it is a number, a version, a word.
const PROOF: usize = 20;

/// A new token is accepted, and grants exactly what it was issued for: subject, realm, flavour, permissions in their
/// order, and end.
pub async fn issued_verifies_with_what_was_granted(harness: Harness) -> LawResult {
    let profile = harness.profile();
    for _ in 0..3 {
        let owner = harness.owner().await;
        let token = harness.issued(&owner).await;
        let accepted = harness.accepts(&token, "just issued").await;
        let expected = Accepted {
            subject: owner.subject,
            flavour: profile.flavour.clone(),
            realm: owner.realm,
            rights: owner.rights,
            expiry: match accepted.expiry {
                Expiry::NotReported => Expiry::NotReported,
                _ => token.expiry,
            },
        };
        assert_eq!(accepted, expected);
    }
    Ok(())
}

/// The declared capabilities are true: start-up checks rely on them. (Revocation has its own law.)
pub async fn capabilities_are_true(harness: Harness) -> LawResult {
    let (profile, owner) = (harness.profile(), harness.owner().await);
    let token = harness.issued(&owner).await;
    let limited = matches!(profile.lifetime, Lifetime::Limited(_));
    assert_eq!(
        profile.capabilities.expires, limited,
        "expires, against {:?}",
        profile.lifetime
    );
    match token.expiry {
        Expiry::At(_) => assert!(limited, "a token that does not expire has an end"),
        Expiry::Never => assert!(!limited, "a token that expires has no end"),
        Expiry::NotReported => {}
    }
    assert_eq!(
        profile.capabilities.key_bound,
        token.key.is_some(),
        "key_bound, against the key issued"
    );
    Ok(())
}

/// Every grant gets a new token, with a part that no other token has and nobody can guess: a secret or what is signed.
pub async fn tokens_are_unique(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut texts = HashSet::new();
    let mut parts = HashSet::new();
    let mut keys = HashSet::new();
    let many = harness.profile().many;
    for _ in 0..many {
        let token = harness.issued(&owner).await;
        let long = token.text.split(['.', '|']).filter(|part| part.len() >= PROOF);
        let new = long.filter(|part| parts.insert((*part).to_owned())).count();
        assert!(new > 0, "two tokens have one secret or signature");
        assert!(texts.insert(token.text), "a token was issued twice");
        assert!(token.key.is_none_or(|key| keys.insert(key)), "a key was issued twice");
    }
    assert_eq!(texts.len(), many);
    Ok(())
}

/// A token is valid until the moment it expires, and not at that moment: neither leeway nor rounding extends it. That
/// moment is one lifetime after it was issued, to the second.
pub async fn expiry_is_exact(harness: Harness) -> LawResult {
    let Lifetime::Limited(life) = harness.profile().lifetime else {
        return Err(Unsupported("tokens do not expire").into());
    };
    let owner = harness.owner().await;
    let (first, now) = (harness.issued(&owner).await, harness.now()?);
    let Expiry::At(end) = first.expiry else {
        return Err(Unsupported("the harness does not report when a token expires").into());
    };
    let full = now.plus(life);
    assert!(
        end <= full && full.since(end) < Duration::from_secs(1),
        "{end:?} is not {life:?} after {now:?}"
    );
    harness.advance(end.since(now) - TICK).await?;
    harness.accepts(&first, "in its last millisecond").await;
    let second = harness.issued(&owner).await;
    harness.advance(TICK).await?;
    harness.rejects(&first, "at its end").await;
    harness.accepts(&second, "a newer one").await;
    for later in [TICK, Duration::from_secs(1), YEAR] {
        harness.advance(later).await?;
        harness.rejects(&first, "after its end").await;
    }
    Ok(())
}

/// A token that is valid until it is revoked does not expire.
pub async fn a_token_until_revoked_does_not_expire(harness: Harness) -> LawResult {
    if harness.profile().lifetime != Lifetime::UntilRevoked {
        return Err(Unsupported("tokens expire").into());
    }
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    for _ in 0..10 {
        harness.advance(YEAR).await?;
        harness.accepts(&token, "years later").await;
    }
    Ok(())
}

/// Verifying changes nothing: the same token is accepted again, with the same content.
pub async fn verifying_changes_nothing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let first = harness.accepts(&token, "the first time").await;
    for _ in 0..100 {
        assert_eq!(harness.accepts(&token, "again").await, first);
    }
    Ok(())
}

/// A token that was checked before is checked in memory, without a call to the store. So a check costs no round trip and
/// works while the database is away.
pub async fn a_warm_check_asks_no_store(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "the first time").await;
    let before = harness.store_calls().await?;
    for _ in 0..100 {
        harness.accepts(&token, "a warm check").await;
    }
    assert_eq!(
        harness.store_calls().await? - before,
        0,
        "calls to the store for 100 warm checks"
    );
    Ok(())
}

/// Two tokens of one owner are independent: each is valid by itself, with its own key.
pub async fn an_owner_may_hold_many_tokens(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let (one, other) = (harness.issued(&owner).await, harness.issued(&owner).await);
    harness.accepts(&one, "beside another").await;
    harness.accepts(&other, "beside another").await;
    if key_bound(&harness).is_ok() {
        assert_ne!(one.key, other.key);
        let crossed = harness.verify(&one.text, other.key.as_deref()).await;
        assert_eq!(crossed, Verdict::Rejected, "with the other's key");
    }
    Ok(())
}
