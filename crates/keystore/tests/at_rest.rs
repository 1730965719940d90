//! What is at rest stays as it is: databases of earlier versions open, and the same secret has the same name.

#[path = "common/node.rs"]
mod common;

use auth_core::SystemEntropy;
use common::{Format, Node, PLAN, key, master, purpose};
use keystore::{KeyFormat, KeyNamer, Sealer};

#[tokio::test]
async fn keys_are_sealed_under_a_key_derived_for_signing_keys() {
    let (node, shops) = (Node::new(), purpose("shops"));
    let stored = node.keyring.rotate(&shops, &key("a"), PLAN).await.unwrap().key;
    let sealer = Sealer::new(&master().derive("signing keys"));
    let opened = sealer.open("a", &shops, &stored.sealed).unwrap();
    assert_eq!(opened.expose(), b"the secret of a");
    let mut foreign = stored;
    foreign.sealed = sealer.seal(&key("a"), &shops, &SystemEntropy).unwrap();
    assert_eq!(node.keyring.open(&foreign).unwrap().expose(), b"the secret of a");
}

#[test]
fn imported_secrets_are_named_under_a_key_derived_for_that() {
    let namer = KeyNamer::new(master().derive("name of an imported key"));
    let node = Node::new();
    let imported = Format::default()
        .import("a shared secret", node.keyring.namer())
        .unwrap();
    assert_eq!(imported.name(), namer.name(b"a shared secret"));
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let (node, shops) = (Node::new(), purpose("shops"));
    node.follower(&shops).await;
    node.keyring.rotate(&shops, &key("canary"), PLAN).await.unwrap();
    let keys = node.keyring.start(&shops, &Format::default()).await.unwrap();
    let verifying = node.keyring.verifying(&shops).await.unwrap();
    let shown = format!(
        "{:?} {keys:?} {verifying:?} {:?}",
        node.keyring,
        node.keyring.list().await
    );
    assert!(shown.contains("canary") && !shown.contains("the secret of"), "{shown}");
    assert!(!shown.contains("116, 104, 101"), "{shown}");
}
