//! Signing keys: the first of a purpose, and those that follow it.

use std::sync::Arc;

use auth_core::Timestamp;
use keystore::{RotateOutcome, StoredKey};

use super::fixture::NOW;
use super::key_fixture::{Keys, LOGIN, ODD, SHOPS, hours, key, key_from, millis};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// A key comes back byte for byte, whatever its purpose is called.
pub async fn a_key_comes_back_as_it_was_stored(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::new(&*harness);
    let mut first = key_from("-Kid_é", ODD, hours(3));
    first.sealed = vec![0, 255, 1, 0];
    assert!(keys.insert_first(&first).await);
    let second = key_from("second", SHOPS, hours(1));
    keys.rotated(&second, hours(2)).await;
    assert_eq!(keys.named("-Kid_é").await, first);
    assert_eq!(keys.named("second").await, second);
    Ok(())
}

/// Keys are listed by when they sign; of equals, by name.
pub async fn keys_that_sign_first_are_listed_first(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::new(&*harness);
    for (name, purpose, from) in [("c", SHOPS, 2), ("b", LOGIN, 1), ("a", ODD, 2), ("d", "more", 0)] {
        assert!(keys.insert_first(&key_from(name, purpose, hours(from))).await);
    }
    assert_eq!(keys.names().await, ["d", "b", "a", "c"]);
    Ok(())
}

/// A first key is added where there is none, and neither beside another of its purpose, be it retired, nor under a name
/// that is taken.
pub async fn a_first_key_is_a_purposes_first(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.replace_all(&[key("shop2", SHOPS)], hours(1)).await;
    let before = keys.all().await;
    for purpose in [SHOPS, LOGIN] {
        assert!(!keys.insert_first(&key("another", purpose)).await, "{purpose} has one");
    }
    assert!(!keys.insert_first(&key("login", "more")).await, "under a taken name");
    assert_eq!(keys.all().await, before, "nothing has changed");
    assert!(keys.insert_first(&key("more", "more")).await);
    Ok(())
}

/// However many nodes start at once, a purpose gets one first key.
pub async fn a_crowd_gets_one_first_key(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::new(&*harness);
    let added = at_once(keys.crowd, |caller| {
        let (store, key) = (keys.store.clone(), key(&format!("key-{caller}"), SHOPS));
        async move { store.insert_first(&key).await.expect("insert_first") }
    });
    let added = added.await.into_iter().filter(|added| *added).count();
    assert_eq!((added, keys.all().await.len()), (1, 1));
    Ok(())
}

/// A rotation adds a key without an end, gives the others of its purpose one, and leaves other purposes alone.
pub async fn a_rotation_ends_the_others_of_its_purpose(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key_from("shop2", SHOPS, hours(1)), hours(2)).await;
    assert_eq!(keys.end_of("shop").await, Some(hours(2)));
    for name in ["shop2", "login", "odd"] {
        assert_eq!(keys.end_of(name).await, None, "{name}");
    }
    Ok(())
}

/// A rotation lets no key verify for longer than was decided before: the one before may have been retired since it was
/// stolen.
pub async fn a_rotation_postpones_no_retirement(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.emergency(&key("shop2", SHOPS), hours(1)).await;
    keys.rotated(&key("shop3", SHOPS), hours(3)).await;
    keys.rotated(&key("shop4", SHOPS), hours(2)).await;
    let mut ends = Vec::new();
    for name in ["shop", "shop2", "shop3", "shop4"] {
        ends.push(keys.end_of(name).await);
    }
    let expected = [Some(StoredKey::REVOKED), Some(hours(2)), Some(hours(2)), None];
    assert_eq!(ends, expected, "the earliest moment holds");
    Ok(())
}

/// A rotation to a name that is taken, in whatever purpose, changes nothing: the key that signs gets no end.
pub async fn a_rotation_to_a_taken_name_changes_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let before = keys.all().await;
    for name in ["shop", "login"] {
        let outcome = keys.rotate(&key(name, SHOPS), hours(1)).await;
        assert_eq!(outcome, RotateOutcome::NameTaken, "{name}");
        assert_eq!(keys.all().await, before, "{name}");
    }
    Ok(())
}

/// Of rotations at once to keys that sign at once, each adds its key, and each ends the keys of those before it: one key is left without an end.
pub async fn rotations_at_once_leave_one_key_without_an_end(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let added = at_once(keys.crowd, |caller| {
        let (store, key) = (keys.store.clone(), key(&format!("key-{caller}"), SHOPS));
        async move { store.rotate(&key, hours(1)).await.expect("rotate") }
    });
    let each = added.await.into_iter().all(|added| added == RotateOutcome::Rotated);
    assert!(each, "each adds its key, which signs at once");
    let of_purpose = keys.all().await.into_iter().filter(|key| key.purpose.as_str() == SHOPS);
    let endless = of_purpose.filter(|key| key.retires_at.is_none()).count();
    assert_eq!(endless, 1);
    Ok(())
}

/// While a key waits to sign, no other one follows it, which would replace it unused. A key of another purpose, and one that was
/// revoked, are in nobody's way.
pub async fn no_key_follows_one_that_waits_to_sign(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let next = published("shop2", hours(0), hours(2));
    keys.rotated(&next, hours(9)).await;
    let before = keys.all().await;
    let refused = keys.rotate(&published("shop3", hours(1), hours(3)), hours(9)).await;
    let RotateOutcome::NextWaits(waits) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(waits, next);
    assert_eq!(keys.all().await, before, "nothing has changed");
    keys.rotated(&key_from("login2", LOGIN, hours(1)), hours(9)).await;
    keys.rotated(&published("shop3", hours(2), hours(4)), hours(9)).await;
    keys.emergency(&key_from("shop4", SHOPS, hours(3)), hours(3)).await;
    keys.rotated(&published("shop5", hours(3), hours(5)), hours(9)).await;
    Ok(())
}

/// Of rotations at once to keys that are published before they sign, one adds its key.
pub async fn of_rotations_at_once_one_adds_a_key_that_waits(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let outcomes = at_once(keys.crowd, |caller| {
        let (store, key) = (
            keys.store.clone(),
            published(&format!("key-{caller}"), hours(0), hours(1)),
        );
        async move { store.rotate(&key, hours(2)).await.expect("rotate") }
    });
    let added = outcomes
        .await
        .into_iter()
        .filter(|outcome| *outcome == RotateOutcome::Rotated);
    assert_eq!(added.count(), 1);
    Ok(())
}

/// A key for shops that is made before it signs.
fn published(name: &str, made: Timestamp, signs: Timestamp) -> StoredKey {
    StoredKey {
        created_at: made,
        ..key_from(name, SHOPS, signs)
    }
}

/// A reader sees a rotation or an emergency entirely or not at all, also one whose caller hung up: there is never a new
/// key beside an old one without an end.
pub async fn no_reader_sees_half_a_change(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    for round in 0..20 {
        let change = {
            let (store, new) = (
                keys.store.clone(),
                key_from(&format!("key-{round}"), SHOPS, millis(round)),
            );
            tokio::spawn(async move {
                match round % 3 {
                    0 => drop(store.rotate(&new, hours(1)).await),
                    1 => drop(store.emergency(&new, NOW).await),
                    _ => drop(store.replace_all(&[new], NOW).await),
                }
            })
        };
        for step in 0.. {
            if round % 2 == 1 && step == round {
                change.abort();
            }
            let is_over = change.is_finished();
            let all = keys.all().await;
            let of_purpose = all.iter().filter(|key| key.purpose.as_str() == SHOPS);
            let endless: Vec<_> = of_purpose.filter(|key| key.retires_at.is_none()).collect();
            assert!(endless.len() == 1, "round {round}: {endless:?}");
            if is_over {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Rotations, retirements and emergencies remove no key: what was signed can always be traced to its key.
pub async fn no_key_is_removed(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key("shop2", SHOPS), hours(1)).await;
    keys.retire("shop", NOW).await;
    keys.emergency(&key("shop3", SHOPS), hours(2)).await;
    keys.replace_all(&[key("login2", LOGIN)], hours(3)).await;
    let names = keys.names().await;
    for name in ["shop", "shop2", "shop3", "login", "login2", "odd"] {
        assert!(names.iter().any(|there| there == name), "{name} of {names:?}");
    }
    Ok(())
}
