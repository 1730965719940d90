//! What is accepted, for how long, and at which cost.

use std::collections::HashSet;
use std::time::Duration;

use auth_core::Lifetime;

use super::fixture::{Harness, IssuerAssertions, key_bound};
use crate::harness::{Accepted, Expiry, Verdict};
use crate::law::{LawResult, Unsupported};

const TICK: Duration = Duration::from_millis(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A token just issued is good, and stands for what was granted and nothing else: whom, in which realm and flavour, with
/// which rights in which order, until when.
pub async fn issued_verifies_and_says_what_was_granted(harness: Harness) -> LawResult {
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
                Expiry::Unsaid => Expiry::Unsaid,
                _ => token.expiry,
            },
        };
        assert_eq!(accepted, expected);
    }
    Ok(())
}

/// What the issuer says it can do is so: start-up checks rely on it. (That it revokes is a law of its own.)
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
        Expiry::At(_) => assert!(limited, "a token without end got one"),
        Expiry::Never => assert!(!limited, "a token with an end got none"),
        Expiry::Unsaid => {}
    }
    assert_eq!(
        profile.capabilities.key_bound,
        token.key.is_some(),
        "key_bound, against the key issued"
    );
    Ok(())
}

/// Every grant gives a token of its own, and no two are alike in any part that proves something.
pub async fn tokens_are_unique(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut texts = HashSet::new();
    let mut proofs = HashSet::new();
    let mut keys = HashSet::new();
    let many = harness.profile().many;
    for _ in 0..many {
        let token = harness.issued(&owner).await;
        let proof = token.text.rsplit(['.', '|']).next().unwrap_or_default().to_owned();
        assert!(texts.insert(token.text), "a token was issued twice");
        assert!(proofs.insert(proof), "two tokens have one secret or signature");
        assert!(token.key.is_none_or(|key| keys.insert(key)), "a key was issued twice");
    }
    assert_eq!(texts.len(), many);
    Ok(())
}

/// A token is good until the moment that it names and not at that moment: no leeway lengthens a life, and no rounding.
/// And that moment is its lifetime away, to the second.
pub async fn expiry_is_exact(harness: Harness) -> LawResult {
    let Lifetime::Limited(life) = harness.profile().lifetime else {
        return Err(Unsupported("tokens live until they are revoked").into());
    };
    let owner = harness.owner().await;
    let (first, now) = (harness.issued(&owner).await, harness.now()?);
    let Expiry::At(end) = first.expiry else {
        return Err(Unsupported("the door does not say when a token ends").into());
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
    harness.accepts(&second, "a younger one").await;
    for later in [TICK, Duration::from_secs(1), YEAR] {
        harness.advance(later).await?;
        harness.rejects(&first, "after its end").await;
    }
    Ok(())
}

/// A token that lives until it is revoked does not end by itself.
pub async fn a_token_until_revoked_does_not_expire(harness: Harness) -> LawResult {
    if harness.profile().lifetime != Lifetime::UntilRevoked {
        return Err(Unsupported("tokens end by themselves").into());
    }
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    for _ in 0..10 {
        harness.advance(YEAR).await?;
        harness.accepts(&token, "years later").await;
    }
    Ok(())
}

/// Verifying changes nothing: the same token is good again, and says the same.
pub async fn verifying_changes_nothing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let first = harness.accepts(&token, "the first time").await;
    for _ in 0..100 {
        assert_eq!(harness.accepts(&token, "again").await, first);
    }
    Ok(())
}

/// A token that was seen before is checked in memory: no check of it asks the store anything, so that a check costs no
/// round trip and goes on while the database is away.
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

/// Two tokens of one person are two: each is good by itself, with its own key.
pub async fn a_person_may_hold_many(harness: Harness) -> LawResult {
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
