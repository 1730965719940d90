//! The retirement of signing keys.

use std::sync::Arc;

use keystore::{RetireOutcome, Retirement, RotateOutcome, StoredKey};

use super::fixture::{HOUR, NOW};
use super::key_fixture::{Keys, LOGIN, ODD, SHOPS, hours, key, key_from, retirement};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// A key retires at the moment that was given, alone, and the answer is the key as it then is.
pub async fn a_key_retires_when_it_should(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_two_that_sign(&*harness).await;
    let outcome = keys.retire("a", hours(1)).await;
    let retired = keys.named("a").await;
    assert_eq!(retired.retires_at, Some(hours(1)));
    assert_eq!(outcome, RetireOutcome::Retired(retired));
    assert_eq!(keys.end_of("b").await, None, "the other one");
    Ok(())
}

/// A retirement never lets a key verify for longer than was decided before.
pub async fn a_retirement_is_never_postponed(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_two_that_sign(&*harness).await;
    keys.retire("a", hours(2)).await;
    for (at, then) in [(hours(3), hours(2)), (hours(1), hours(1)), (hours(2), hours(1))] {
        let outcome = keys.retire("a", at).await;
        assert_eq!(outcome, RetireOutcome::Retired(keys.named("a").await));
        assert_eq!(keys.end_of("a").await, Some(then));
    }
    Ok(())
}

/// A key that is not there does not retire.
pub async fn an_unknown_key_does_not_retire(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_two_that_sign(&*harness).await;
    let before = keys.all().await;
    for name in ["", "A", "a ", "unknown"] {
        assert_eq!(keys.retire(name, NOW).await, RetireOutcome::UnknownKey, "{name:?}");
    }
    assert_eq!(keys.all().await, before);
    Ok(())
}

/// The last key that signs for its purpose does not retire, now or later: keys of other purposes, keys that do not sign
/// yet and keys that have an end themselves do not take its place.
pub async fn the_last_key_that_signs_does_not_retire(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let refused = |name: &'static str, at| {
        let keys = &keys;
        async move {
            let before = keys.all().await;
            assert_eq!(
                keys.retire(name, at).await,
                RetireOutcome::LastSigner,
                "{name} at {at:?}"
            );
            assert_eq!(keys.all().await, before, "nothing has changed");
        }
    };
    refused("shop", NOW).await;
    refused("shop", NOW.minus(HOUR)).await;
    refused("shop", hours(9)).await;
    keys.rotated(&key_from("shop2", SHOPS, hours(1)), hours(5)).await;
    refused("shop", NOW).await;
    refused("shop2", NOW).await;
    refused("shop2", hours(6)).await;
    let outcome = keys.retire("shop", hours(1)).await;
    assert!(matches!(outcome, RetireOutcome::Retired(_)), "the other one signs then");
    Ok(())
}

/// Where that is asked for, the last key of a purpose retires as well: a flavour that is no longer used has no other.
pub async fn the_last_key_retires_where_that_is_asked(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let asked = Retirement {
        allow_last: true,
        ..retirement("odd", NOW)
    };
    let outcome = keys.store.retire(&asked).await.expect("retire");
    let odd = keys.named("odd").await;
    assert_eq!(
        (odd.retires_at, outcome),
        (Some(NOW), RetireOutcome::Retired(odd.clone()))
    );
    let unknown = Retirement {
        name: "unknown".into(),
        ..asked
    };
    let outcome = keys.store.retire(&unknown).await.expect("retire");
    assert_eq!(outcome, RetireOutcome::UnknownKey);
    assert!(
        !keys.insert_first(&key("odd2", ODD)).await,
        "it is still its purpose's first"
    );
    Ok(())
}

/// Of two keys that retire at once, one is refused, so that a key that signs is left.
pub async fn two_that_retire_at_once_leave_one(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_two_that_sign(&*harness).await;
    let outcomes = at_once(keys.crowd, |caller| {
        let (store, name) = (keys.store.clone(), if caller % 2 == 0 { "a" } else { "b" });
        async move { (name, store.retire(&retirement(name, NOW)).await.expect("retire")) }
    });
    let outcomes = outcomes.await;
    let refused: Vec<_> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == RetireOutcome::LastSigner)
        .map(|(name, _)| *name)
        .collect();
    assert!(
        !refused.is_empty() && refused.iter().all(|name| *name == refused[0]),
        "{refused:?}"
    );
    assert_eq!(keys.end_of(refused[0]).await, None, "it goes on signing");
    Ok(())
}

/// The secret of a key that retired long ago is of no use to anybody but a thief. Keys that verify, or retired a moment ago, keep
/// theirs: a clock that is ahead may not end what another node still checks with.
pub async fn the_secrets_of_keys_that_retired_are_erased(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key("shop2", SHOPS), hours(1)).await;
    keys.rotated(&key("login2", LOGIN), hours(2)).await;
    let before = keys.all().await;
    assert!(
        keys.erase_retired(hours(1)).await.is_empty(),
        "it retires at that moment"
    );
    assert_eq!(keys.all().await, before);
    assert_eq!(keys.erase_retired(hours(2)).await, ["shop"]);
    assert!(keys.erase_retired(hours(2)).await.is_empty(), "it is erased already");
    for key in before {
        let now = keys.named(&key.name).await;
        let sealed = if key.name == "shop" {
            Vec::new()
        } else {
            key.sealed.clone()
        };
        assert_eq!(now, StoredKey { sealed, ..key });
    }
    Ok(())
}

/// What was revoked in an emergency is erased at the next occasion, and its name stays taken: a stolen key does not come back.
pub async fn the_secret_of_a_revoked_key_is_erased_at_once(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.emergency(&key("shop2", SHOPS), NOW).await;
    assert_eq!(keys.erase_retired(NOW.minus(HOUR)).await, ["shop"]);
    let erased = keys.named("shop").await;
    assert!(erased.is_erased() && erased.is_revoked());
    let taken = keys.rotate(&key("shop", SHOPS), hours(1)).await;
    assert_eq!(taken, RotateOutcome::NameTaken);
    Ok(())
}
