//! Signing keys that were stolen: replaced at once, of one purpose or of all.

use std::sync::Arc;
use std::time::Duration;

use keystore::{EmergencyOutcome, StoredKey};

use super::key_fixture::{Keys, LOGIN, SHOPS, hours, key, key_from, millis, replaced};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// An emergency retires every key of its purpose that verifies, also one that does not sign yet, and no other. The
/// answer is the keys that it retired, as they now are.
pub async fn an_emergency_leaves_no_old_key_verifying(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key_from("shop2", SHOPS, hours(1)), hours(2)).await;
    keys.rotated(&key_from("shop3", SHOPS, hours(9)), hours(3)).await;
    let (now, new) = (hours(2), key_from("shop4", SHOPS, hours(2)));
    let outcome = keys.emergency(&new, now).await;
    let EmergencyOutcome::Replaced(retired) = &outcome else {
        panic!("{outcome:?}");
    };
    for key in retired {
        assert_eq!(
            (key.retires_at, *key == keys.named(&key.name).await),
            (Some(StoredKey::REVOKED), true),
            "{key:?}"
        );
    }
    assert_eq!(replaced(outcome), ["shop2", "shop3"], "shop had retired");
    let verifying = keys.all().await.into_iter().filter(|key| key.verifies(now));
    let mut verifying: Vec<_> = verifying.map(|key| key.name).collect();
    verifying.sort();
    assert_eq!(verifying, ["login", "odd", "shop4"]);
    assert_eq!(keys.named("shop4").await, new);
    Ok(())
}

/// What an emergency has revoked never verifies again, on a node whose clock is set back by years neither; that holds for
/// keys, too, that had retired as planned.
pub async fn what_an_emergency_revoked_never_verifies_again(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key_from("shop2", SHOPS, hours(1)), hours(2)).await;
    keys.emergency(&key_from("shop3", SHOPS, hours(3)), hours(3)).await;
    let long_ago = hours(1).minus(Duration::from_secs(10 * 365 * 24 * 60 * 60));
    for name in ["shop", "shop2"] {
        assert!(!keys.named(name).await.verifies(long_ago), "{name}");
    }
    keys.replace_all(&[key_from("shop4", SHOPS, hours(4))], hours(4)).await;
    for name in ["shop3", "login", "odd"] {
        assert!(!keys.named(name).await.verifies(long_ago), "{name}");
    }
    Ok(())
}

/// An emergency retires the keys of its flavour for every algorithm: after a change of algorithm an old key still verifies
/// on a node with the old settings. Other flavours keep their keys.
pub async fn an_emergency_retires_a_flavours_keys_of_every_algorithm(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    assert!(keys.insert_first(&key_from("old", "shops/HS256", hours(0))).await);
    assert!(keys.insert_first(&key_from("other", "shop/HS256", hours(0))).await);
    let (now, new) = (hours(2), key_from("new", SHOPS, hours(2)));
    assert_eq!(replaced(keys.emergency(&new, now).await), ["old", "shop"]);
    assert_eq!(keys.end_of("old").await, Some(StoredKey::REVOKED));
    assert_eq!((keys.end_of("other").await, keys.end_of("login").await), (None, None));
    Ok(())
}

/// An emergency that finds no key to replace says so and adds nothing: the purpose was mistaken for another.
pub async fn an_emergency_without_a_key_to_replace_changes_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::new(&*harness);
    assert_eq!(
        keys.emergency(&key("new", SHOPS), hours(1)).await,
        EmergencyOutcome::NothingToReplace
    );
    assert_eq!(
        keys.replace_all(&[key("new", SHOPS)], hours(1)).await,
        EmergencyOutcome::NothingToReplace
    );
    assert!(keys.all().await.is_empty());
    assert!(keys.insert_first(&key("login", LOGIN)).await);
    assert_eq!(
        keys.emergency(&key("new", SHOPS), hours(1)).await,
        EmergencyOutcome::NothingToReplace
    );
    assert_eq!(keys.names().await, ["login"]);
    Ok(())
}

/// An emergency with a name that is taken changes nothing, and says so: the stolen key must not pass for replaced.
pub async fn an_emergency_to_a_taken_name_changes_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    let before = keys.all().await;
    for name in ["shop", "login"] {
        assert_eq!(
            keys.emergency(&key(name, SHOPS), hours(1)).await,
            EmergencyOutcome::NameTaken,
            "{name}"
        );
        assert_eq!(keys.all().await, before, "{name}");
    }
    for [one, other] in [["new", "login"], ["new", "new"]] {
        let new = [key(one, SHOPS), key(other, LOGIN)];
        assert_eq!(
            keys.replace_all(&new, hours(1)).await,
            EmergencyOutcome::NameTaken,
            "{other}"
        );
        assert_eq!(keys.all().await, before, "{other}");
    }
    Ok(())
}

/// An emergency for everything retires every key that verifies, of whatever purpose, also of those that get no other.
pub async fn an_emergency_for_everything_reaches_every_purpose(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    keys.rotated(&key_from("shop2", SHOPS, hours(3)), hours(4)).await;
    let (now, new) = (
        hours(2),
        [key_from("shop3", SHOPS, hours(2)), key_from("login2", LOGIN, hours(2))],
    );
    let retired = replaced(keys.replace_all(&new, now).await);
    assert_eq!(retired, ["login", "odd", "shop", "shop2"]);
    let verifying = keys.all().await.into_iter().filter(|key| key.verifies(now));
    let mut verifying: Vec<_> = verifying.map(|key| key.name).collect();
    verifying.sort();
    assert_eq!(verifying, ["login2", "shop3"]);
    assert_eq!(
        replaced(keys.replace_all(&[], now).await),
        ["login2", "shop3"],
        "and with none to follow"
    );
    Ok(())
}

/// However rotations and an emergency meet, no key verifies afterwards that was there before.
pub async fn an_emergency_wins_over_rotations(harness: Arc<dyn StoreHarness>) -> LawResult {
    meet(harness, Emergency::OfOnePurpose).await
}

/// However rotations and an emergency for everything meet, no key verifies afterwards that was there before.
pub async fn an_emergency_for_everything_wins_over_rotations(harness: Arc<dyn StoreHarness>) -> LawResult {
    meet(harness, Emergency::OfEverything).await
}

#[derive(Clone, Copy, PartialEq)]
enum Emergency {
    OfOnePurpose,
    OfEverything,
}

async fn meet(harness: Arc<dyn StoreHarness>, emergency: Emergency) -> LawResult {
    let keys = Keys::with_three(&*harness).await;
    for round in 0..8 {
        let now = millis(round);
        let before = keys.names().await;
        at_once(keys.crowd.clamp(6, 12), |caller| {
            let (store, new) = (
                keys.store.clone(),
                key_from(&format!("key-{round}-{caller}"), SHOPS, now),
            );
            async move {
                // It meets them sooner or later.
                for _ in 0..round * usize::from(caller == 5) {
                    tokio::task::yield_now().await;
                }
                match (caller, emergency) {
                    (5, Emergency::OfOnePurpose) => drop(store.emergency(&new, now).await.expect("emergency")),
                    (5, Emergency::OfEverything) => drop(store.replace_all(&[new], now).await.expect("replace_all")),
                    _ => drop(store.rotate(&new, hours(1)).await.expect("rotate")),
                }
            }
        })
        .await;
        let concerned = |key: &keystore::StoredKey| {
            before.contains(&key.name) && (emergency == Emergency::OfEverything || key.purpose.as_str() == SHOPS)
        };
        for key in keys.all().await.iter().filter(|key| concerned(key)) {
            assert!(!key.verifies(now), "round {round}: {key:?}");
        }
    }
    Ok(())
}
