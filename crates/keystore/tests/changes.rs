//! Rotation, retirement and emergency through the keyring.

#[path = "common/node.rs"]
mod common;

use std::time::Duration;

use common::{Format, HOUR, LIFE, Node, PLAN, key, purpose};
use keystore::{KeyState, KeyringError, PlainKey, RetireWhen};

async fn states(node: &Node, flavour: &str) -> Vec<(String, KeyState)> {
    let listed = node.keyring.list_of(&purpose(flavour)).await.expect("a list");
    listed
        .into_iter()
        .map(|listed| (listed.key.name, listed.state))
        .collect()
}

fn named(name: &str, state: KeyState) -> (String, KeyState) {
    (name.to_owned(), state)
}

#[tokio::test]
async fn a_rotation_publishes_then_signs_then_retires() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let first = node.keyring.rotate(&shops, &key("a"), PLAN).await.unwrap();
    assert!(!first.replaces);
    assert_eq!(
        states(&node, "shops").await,
        [named("a", KeyState::Current)],
        "nothing to wait for"
    );
    let second = node.keyring.rotate(&shops, &key("b"), PLAN).await.unwrap();
    assert!(second.replaces);
    assert_eq!(
        states(&node, "shops").await,
        [named("a", KeyState::Current), named("b", KeyState::Next)]
    );
    node.clock.advance(HOUR);
    assert_eq!(
        states(&node, "shops").await,
        [named("a", KeyState::Overlapping), named("b", KeyState::Current)]
    );
    node.clock.advance(LIFE);
    assert_eq!(
        states(&node, "shops").await,
        [named("a", KeyState::Retired), named("b", KeyState::Current)]
    );
}

#[tokio::test]
async fn a_name_is_one_keys() {
    let node = Node::new();
    node.keyring.rotate(&purpose("shops"), &key("a"), PLAN).await.unwrap();
    for flavour in ["shops", "login"] {
        let taken = node.keyring.rotate(&purpose(flavour), &key("a"), PLAN).await;
        assert!(
            matches!(taken, Err(KeyringError::NameTaken(name)) if name == "a"),
            "{flavour}"
        );
    }
    let taken = node.keyring.emergency(&purpose("shops"), &key("a")).await;
    assert!(matches!(taken, Err(KeyringError::NameTaken(_))), "{taken:?}");
    assert_eq!(states(&node, "shops").await, [named("a", KeyState::Current)]);
}

#[tokio::test]
async fn a_secret_is_known_under_any_name_for_any_purpose_and_when_it_has_retired() {
    let (node, format) = (Node::new(), Format::default());
    let named = |name: &str, secret: &str| PlainKey::new(name, secret.as_bytes().to_vec()).unwrap();
    node.keyring
        .rotate(&purpose("shops"), &named("a", "stolen"), PLAN)
        .await
        .unwrap();
    node.add_damaged("bad", &purpose("shops")).await;
    node.keyring.emergency(&purpose("shops"), &key("c")).await.unwrap();
    let refused = node.keyring.refuse_known(&named("b", "stolen"), &format).await;
    assert!(
        matches!(&refused, Err(KeyringError::SecretTaken(name)) if name == "a"),
        "{refused:?}"
    );
    node.keyring
        .refuse_known(&named("a", "another"), &format)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_emergency_replaces_the_keys_of_one_flavour() {
    let (node, shops) = (Node::new(), purpose("shops"));
    for (flavour, name) in [("login", "l"), ("shops", "a"), ("shops", "b")] {
        node.keyring.rotate(&purpose(flavour), &key(name), PLAN).await.unwrap();
    }
    let replaced = node.keyring.emergency(&shops, &key("c")).await.unwrap();
    let retired: Vec<_> = replaced.retired.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(
        (retired.as_slice(), replaced.new[0].name.as_str()),
        (["a", "b"].as_slice(), "c")
    );
    let states = states(&node, "shops").await;
    assert!(states.contains(&named("c", KeyState::Current)) && states.contains(&named("b", KeyState::Retired)));
    assert!(node.stored("l").await.retires_at.is_none());
}

#[tokio::test]
async fn an_emergency_that_replaces_nothing_is_an_error() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let nothing = node.keyring.emergency(&shops, &key("a")).await;
    assert!(matches!(nothing, Err(KeyringError::NothingToReplace)), "{nothing:?}");
    let nothing = node.keyring.replace_all(&[(shops, key("a"))]).await;
    assert!(matches!(nothing, Err(KeyringError::NothingToReplace)), "{nothing:?}");
    assert!(node.keyring.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_emergency_for_everything_works_on_what_is_in_the_store() {
    let node = Node::new();
    for (flavour, name) in [("login", "l"), ("gone", "g"), ("shops", "a")] {
        node.keyring.rotate(&purpose(flavour), &key(name), PLAN).await.unwrap();
    }
    let replaced = node.keyring.replace_all(&[(purpose("shops"), key("b"))]).await.unwrap();
    let mut retired: Vec<_> = replaced.retired.iter().map(|key| key.purpose.flavour()).collect();
    retired.sort_unstable();
    assert_eq!(retired, ["gone", "login", "shops"]);
    let left = node.keyring.list().await.unwrap();
    let left: Vec<_> = left.iter().filter(|listed| listed.state != KeyState::Retired).collect();
    assert_eq!((left.len(), left[0].key.name.as_str()), (1, "b"));
}

#[tokio::test]
async fn a_key_retires_when_its_last_token_has_ended() {
    let (node, shops) = (Node::new(), purpose("shops"));
    node.keyring.rotate(&shops, &key("a"), PLAN).await.unwrap();
    let long = keystore::RotationPlan {
        longest_life: HOUR * 24,
        ..PLAN
    };
    let next = node.keyring.rotate(&shops, &key("b"), long).await.unwrap().key;
    let retired = node
        .keyring
        .retire("a", RetireWhen::AfterLastToken(LIFE))
        .await
        .unwrap();
    assert_eq!(retired.retires_at, Some(next.activates_at.plus(LIFE)));
    let later = node
        .keyring
        .retire("a", RetireWhen::AfterLastToken(LIFE * 2))
        .await
        .unwrap();
    assert_eq!(later, retired, "it is not postponed");
}

#[tokio::test]
async fn the_key_that_signs_alone_does_not_retire() {
    let (node, shops) = (Node::new(), purpose("shops"));
    node.keyring.rotate(&shops, &key("a"), PLAN).await.unwrap();
    for when in [RetireWhen::Now, RetireWhen::AfterLastToken(LIFE)] {
        let refused = node.keyring.retire("a", when).await;
        assert!(matches!(refused, Err(KeyringError::NoSuccessor { .. })), "{refused:?}");
    }
    node.keyring.rotate(&shops, &key("b"), PLAN).await.unwrap();
    let refused = node.keyring.retire("a", RetireWhen::Now).await;
    assert!(
        matches!(refused, Err(KeyringError::LastSigner { .. })),
        "b does not sign yet: {refused:?}"
    );
    let refused = node.keyring.retire("b", RetireWhen::Now).await;
    assert!(
        matches!(refused, Err(KeyringError::NoSuccessor { .. })),
        "a has an end: {refused:?}"
    );
    let refused = node.keyring.retire("unknown", RetireWhen::Now).await;
    assert!(matches!(refused, Err(KeyringError::UnknownKey(_))), "{refused:?}");
    node.clock.advance(HOUR);
    let retired = node.keyring.retire("a", RetireWhen::Now).await.unwrap();
    assert!(retired.is_revoked());
}

#[tokio::test]
async fn an_unused_key_retires_alone() {
    let node = Node::new();
    node.keyring.rotate(&purpose("gone"), &key("a"), PLAN).await.unwrap();
    node.clock.advance(Duration::from_secs(1));
    let retired = node.keyring.retire_unused("a").await.unwrap();
    assert!(retired.is_revoked());
    let unknown = node.keyring.retire_unused("b").await;
    assert!(matches!(unknown, Err(KeyringError::UnknownKey(_))), "{unknown:?}");
}
