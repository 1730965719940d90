//! Keys of another system verify for a time, and nothing signs with them.

#[path = "common/node.rs"]
mod common;

use std::sync::Arc;

use auth_core::{Clock, Timestamp};
use common::{Follower, Format, HOUR, LIFE, Node, key, purpose};
use keystore::{KeyFollower, KeyPurpose, KeyState, KeyringError};

const MOMENT: std::time::Duration = std::time::Duration::from_millis(1);

fn accepted() -> KeyPurpose {
    KeyPurpose::accepted("shops").expect("a purpose")
}

async fn follower(node: &Node) -> Arc<Follower> {
    let keys = node.keyring.start_accepted(&accepted()).await.expect("keys");
    let follower = Arc::new(Follower::default());
    follower.use_keys(&keys).expect("usable keys");
    node.keyring.follow(&keys, follower.clone());
    follower
}

#[tokio::test]
async fn a_server_runs_without_any_and_has_one_as_soon_as_it_is_added_and_until_its_end() {
    let node = Node::new();
    let follower = follower(&node).await;
    assert!(node.keyring.reload().await.unwrap().failures.is_empty());
    let until = node.clock.now().plus(HOUR);
    node.other().accept("shops", &key("theirs"), until).await.unwrap();
    let reloaded = node.keyring.reload().await.unwrap();
    assert!(reloaded.failures.is_empty(), "{reloaded:?}");
    assert_eq!(
        (follower.signing(), follower.verifying()),
        (None, vec!["theirs".to_owned()])
    );
    node.clock.advance(HOUR - MOMENT);
    node.keyring.reload().await.unwrap();
    assert_eq!(follower.verifying(), ["theirs"]);
    node.clock.advance(MOMENT);
    let reloaded = node.keyring.reload().await.unwrap();
    assert!(reloaded.failures.is_empty(), "its end is no failure: {reloaded:?}");
    assert!(follower.verifying().is_empty());
}

#[tokio::test]
async fn each_keeps_its_own_end_and_none_is_listed_as_one_that_signs() {
    let node = Node::new();
    let end = |after| node.clock.now().plus(after);
    node.keyring.accept("shops", &key("one"), end(HOUR)).await.unwrap();
    node.keyring.accept("shops", &key("two"), end(LIFE)).await.unwrap();
    let again = node.keyring.accept("shops", &key("one"), end(2 * HOUR)).await;
    assert!(matches!(again, Err(KeyringError::NameTaken(_))), "{again:?}");
    let listed = node.keyring.list().await.unwrap();
    let mut ends: Vec<(&str, Option<Timestamp>, KeyState)> = Vec::new();
    ends.extend(
        listed
            .iter()
            .map(|one| (one.key.name.as_str(), one.key.retires_at, one.state)),
    );
    ends.sort_by_key(|(name, ..)| *name);
    let verifies = KeyState::Overlapping;
    assert_eq!(
        ends,
        [("one", Some(end(HOUR)), verifies), ("two", Some(end(LIFE)), verifies)]
    );
    assert!(node.keyring.verifying(&accepted()).await.unwrap().len() == 2);
}

#[tokio::test]
async fn one_is_ended_earlier_and_an_emergency_of_its_flavour_ends_all() {
    let node = Node::new();
    let follower = follower(&node).await;
    let end = node.clock.now().plus(HOUR);
    for name in ["one", "two"] {
        node.keyring.accept("shops", &key(name), end).await.unwrap();
    }
    node.keyring.retire_unused("one").await.unwrap();
    node.keyring.reload().await.unwrap();
    assert_eq!(follower.verifying(), ["two"]);
    let shops = purpose("shops");
    node.keyring.start(&shops, &Format::default()).await.unwrap();
    node.keyring.emergency(&shops, &key("new")).await.unwrap();
    node.keyring.reload().await.unwrap();
    assert!(follower.verifying().is_empty());
}
