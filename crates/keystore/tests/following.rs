//! Followers have the keys that are in the store.

#[path = "common/node.rs"]
mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use auth_core::Clock;
use common::{Format, HOUR, LIFE, Node, PLAN, key, purpose};
use keystore::{KeyFormatError, KeyringError};

#[tokio::test]
async fn the_first_key_is_made_once_for_all_nodes() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let (other, format) = (node.other(), Format::default());
    let one = node.keyring.start(&shops, &format).await.unwrap();
    let two = other.start(&shops, &format).await.unwrap();
    let name = one.signing().expect("a key").name();
    assert_eq!(two.signing().expect("a key").name(), name);
    assert_eq!(node.keyring.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_key_that_signs_nothing_starts() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let error = node.keyring.start(&shops, &Format::import_only()).await.unwrap_err();
    assert!(
        matches!(error, KeyringError::Format(KeyFormatError::ImportOnly(_))),
        "{error:?}"
    );
    node.keyring.start(&shops, &Format::default()).await.unwrap();
    node.keyring.replace_all(&[]).await.unwrap();
    let error = node.keyring.start(&shops, &Format::default()).await.unwrap_err();
    assert!(matches!(error, KeyringError::NoSigner(_)), "{error:?}");
}

#[tokio::test]
async fn a_key_that_does_not_open_stops_the_start_and_is_named() {
    let (node, shops) = (Node::new(), purpose("shops"));
    node.keyring.start(&shops, &Format::default()).await.unwrap();
    node.add_damaged("bad", &shops).await;
    let error = node.keyring.start(&shops, &Format::default()).await.unwrap_err();
    assert!(
        error.to_string().contains("the signing key bad of shops/test"),
        "{error}"
    );
}

#[tokio::test]
async fn a_purpose_with_several_followers_has_one_schedule() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let _followers = (node.follower(&shops).await, node.follower(&shops).await);
    assert_eq!(node.keyring.schedules().len(), 1);
}

#[tokio::test]
async fn a_follower_hears_of_a_new_key_of_its_signing_and_of_the_end_of_the_old_one() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let follower = node.follower(&shops).await;
    let first = follower.signing().expect("a key");
    assert!(
        node.keyring.reload().await.unwrap().changed.is_empty(),
        "nothing has changed"
    );

    node.other().rotate(&shops, &key("b"), PLAN).await.unwrap();
    let reloaded = node.keyring.reload().await.unwrap();
    assert_eq!(
        (reloaded.changed[0].verifying, &reloaded.changed[0].purpose),
        (2, &shops)
    );
    assert_eq!(
        (follower.signing(), follower.verifying()),
        (Some(first.clone()), vec![first.clone(), "b".into()])
    );
    let [(followed, planned)] = node.keyring.schedules().try_into().expect("one purpose");
    assert_eq!(
        (followed, planned.next_signs),
        (shops, Some(node.clock.now().plus(HOUR)))
    );
    node.clock.advance(HOUR);
    node.keyring.reload().await.unwrap();
    assert_eq!(
        (follower.signing().as_deref(), follower.verifying().len()),
        (Some("b"), 2)
    );
    let (_, now_signing) = node.keyring.schedules()[0].clone();
    assert_eq!(
        (now_signing.signs_since, now_signing.next_signs),
        (planned.next_signs, None)
    );
    node.clock.advance(LIFE);
    node.keyring.reload().await.unwrap();
    assert_eq!(follower.verifying(), ["b"]);
    let handed = follower.handed();
    assert!(node.keyring.reload().await.unwrap().changed.is_empty());
    assert_eq!(follower.handed(), handed);
}

#[tokio::test]
async fn a_follower_without_a_key_that_signs_is_handed_none_and_the_next_one_again() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let follower = node.follower(&shops).await;
    node.other().replace_all(&[]).await.unwrap();
    for _ in 0..2 {
        let reloaded = node.keyring.reload().await.unwrap();
        assert!(
            matches!(reloaded.failures[0].error, KeyringError::NoSigner(_)),
            "{reloaded:?}"
        );
        assert_eq!((follower.signing(), follower.verifying()), (None, Vec::new()));
    }
    node.other().rotate(&shops, &key("b"), PLAN).await.unwrap();
    assert!(node.keyring.reload().await.unwrap().failures.is_empty());
    assert_eq!(follower.signing().as_deref(), Some("b"));
}

#[tokio::test]
async fn one_purposes_damaged_key_keeps_no_other_purpose_from_its_keys() {
    let (node, shops, login) = (Node::new(), purpose("shops"), purpose("login"));
    let (first, second) = (node.follower(&shops).await, node.follower(&login).await);
    let (old, used) = (first.signing(), second.signing());
    node.add_damaged("bad", &shops).await;
    node.other().emergency(&login, &key("new")).await.unwrap();
    let reloaded = node.keyring.reload().await.unwrap();
    assert_eq!((reloaded.failures.len(), &reloaded.failures[0].purpose), (1, &shops));
    assert!(
        matches!(reloaded.failures[0].error, KeyringError::Seal { .. }),
        "{reloaded:?}"
    );
    assert_eq!(second.verifying(), ["new"]);
    assert_ne!(second.signing(), used);
    assert_eq!(first.signing(), old, "the key that opens goes on signing");

    // A damaged key does not keep a retired one of its own purpose in use.
    node.other().emergency(&shops, &key("mended")).await.unwrap();
    assert!(node.keyring.reload().await.unwrap().failures.is_empty());
    assert_eq!(first.verifying(), ["mended"]);
}

#[tokio::test]
async fn the_health_of_the_keys_shows_damage_age_and_recovery() {
    let (node, shops, login) = (Node::new(), purpose("shops"), purpose("login"));
    let (_first, _second) = (node.follower(&shops).await, node.follower(&login).await);
    let is_good = || node.keyring.health().is_good(node.clock.monotonic(), HOUR);
    assert!(!is_good(), "never read");
    node.keyring.reload().await.unwrap();
    assert!(is_good());
    node.add_damaged("bad", &shops).await;
    node.keyring.reload().await.unwrap();
    assert!(!is_good());
    assert_eq!(node.keyring.health().failing, std::slice::from_ref(&shops));
    node.other().emergency(&shops, &key("mended")).await.unwrap();
    node.keyring.reload().await.unwrap();
    assert!(is_good());
    node.clock.advance(HOUR);
    assert!(is_good());
    node.clock.advance(Duration::from_millis(1));
    assert!(!is_good(), "read too long ago");
}

#[tokio::test]
async fn a_damaged_new_key_does_not_keep_a_stolen_one_in_use() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let follower = node.follower(&shops).await;
    node.add_damaged("bad", &shops).await;
    node.clock.advance(LIFE);
    let reloaded = node.keyring.reload().await.unwrap();
    assert_eq!((reloaded.failures.len(), reloaded.changed.len()), (1, 1));
    assert_eq!(
        (follower.signing(), follower.verifying()),
        (None, Vec::new()),
        "the old one has retired"
    );
}

#[tokio::test]
async fn a_follower_that_cannot_use_its_keys_keeps_no_retired_one_and_is_handed_them_again() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let follower = node.follower(&shops).await;
    node.other().emergency(&shops, &key("b")).await.unwrap();
    follower.refuses.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let reloaded = node.keyring.reload().await.unwrap();
        assert!(reloaded.changed.is_empty());
        assert!(
            matches!(reloaded.failures[0].error, KeyringError::Format(_)),
            "{reloaded:?}"
        );
        assert_eq!((follower.signing(), follower.verifying()), (None, Vec::new()));
    }
    follower.refuses.store(false, Ordering::Relaxed);
    assert_eq!(node.keyring.reload().await.unwrap().changed.len(), 1);
    assert_eq!(follower.verifying(), ["b"]);
}
