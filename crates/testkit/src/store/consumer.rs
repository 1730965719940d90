//! Organisations and consumers.

use std::sync::Arc;

use auth_core::TokenDigest;
use consumer_auth::{Consumer, Organisation};

use super::fixture::{Fixture, NOW};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    pub(super) async fn organisation(&self, id: i64, name: &str) -> Organisation {
        let organisation = an_organisation(id, name);
        let put = self.ports.consumers.put_organisation(&organisation).await;
        put.expect("put an organisation");
        organisation
    }

    pub(super) async fn put_consumer(&self, key: &str, token: &[u8], organisation: i64) -> bool {
        let token = TokenDigest::of(token);
        let put = self.ports.consumers.put_consumer(key, &token, organisation, NOW).await;
        put.expect("put a consumer")
    }

    async fn create_consumer(&self, key: &str, token: &[u8], organisation: i64) -> bool {
        let token = TokenDigest::of(token);
        let created = self.ports.consumers.create_consumer(key, &token, organisation, NOW);
        created.await.expect("create a consumer")
    }

    async fn consumer(&self, key: &str) -> Option<Consumer> {
        self.ports.consumers.find(key).await.expect("find a consumer")
    }

    pub(super) async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> bool {
        let set = self.ports.consumers.set_consumer_disabled(key, disabled).await;
        set.expect("set_consumer_disabled")
    }
}

/// An organisation is created where there is none with its number. One that is there stays as it is; and of several that are
/// created at once, one is.
pub async fn a_new_organisation_is_not_one_that_is_there(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let created = at_once(fixture.harness.crowd(), |caller| {
        let (store, new) = (
            fixture.ports.consumers.clone(),
            an_organisation(171, &format!("N{caller}")),
        );
        async move { store.create_organisation(&new).await.expect("create").then_some(new) }
    });
    let created: Vec<Organisation> = created.await.into_iter().flatten().collect();
    let stored = fixture
        .ports
        .consumers
        .organisations(None, 9)
        .await
        .expect("organisations");
    assert_eq!((created.len(), stored), (1, created));
    Ok(())
}

fn an_organisation(id: i64, name: &str) -> Organisation {
    Organisation {
        id,
        name: name.into(),
        subdomain: name.to_lowercase(),
        utc_offset_seconds: -14_400,
    }
}

/// A consumer is found by its key, byte for byte, with the digest of its token and its organisation as last put.
pub async fn a_consumer_is_found_by_its_key(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let organisation = fixture.organisation(171, "Ping Pong").await;
    assert!(fixture.put_consumer("demo-key", b"demo-token", 171).await);
    let expected = Consumer {
        key: "demo-key".into(),
        token: TokenDigest::of(b"demo-token"),
        previous: None,
        disabled: false,
        organisation,
    };
    assert_eq!(fixture.consumer("demo-key").await, Some(expected.clone()));
    for other in ["", "demo", "Demo-Key", "demo-key ", "demo%", "demo_key"] {
        assert_eq!(fixture.consumer(other).await, None, "{other:?}");
    }
    let organisation = Organisation {
        name: "Pong Ping".into(),
        subdomain: "pongping".into(),
        utc_offset_seconds: 3600,
        ..expected.organisation.clone()
    };
    fixture
        .ports
        .consumers
        .put_organisation(&organisation)
        .await
        .expect("put");
    let moved = fixture.consumer("demo-key").await;
    assert_eq!(
        moved,
        Some(Consumer {
            organisation,
            ..expected
        })
    );
    Ok(())
}

/// A consumer belongs to one organisation: it is not created for an organisation that does not exist, and a key that
/// belongs to another organisation is not taken over.
pub async fn a_consumer_is_one_organisations(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.organisation(171, "Ping Pong").await;
    fixture.organisation(172, "Other").await;
    assert!(
        !fixture.put_consumer("demo-key", b"token", 999).await,
        "of no organisation"
    );
    assert_eq!(fixture.consumer("demo-key").await, None);
    assert!(fixture.put_consumer("demo-key", b"token", 171).await);
    let before = fixture.consumer("demo-key").await;
    assert!(
        !fixture.put_consumer("demo-key", b"stolen", 172).await,
        "the key is another's"
    );
    assert!(
        !fixture.put_consumer("demo-key", b"stolen", 999).await,
        "of no organisation"
    );
    assert_eq!(fixture.consumer("demo-key").await, before, "nothing has changed");
    Ok(())
}

/// A consumer is created where there is none with its key, for an organisation that exists. One that is there keeps its token
/// and stays disabled; and of several that are created at once, one is, with the token that its creator was shown.
pub async fn a_new_consumer_is_not_one_that_is_there(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.organisation(171, "Ping Pong").await;
    assert!(
        !fixture.create_consumer("demo-key", b"token", 999).await,
        "of no organisation"
    );
    assert_eq!(fixture.consumer("demo-key").await, None);
    let created = at_once(fixture.harness.crowd(), |caller| {
        let (store, token) = (fixture.ports.consumers.clone(), TokenDigest::of(&caller.to_be_bytes()));
        async move {
            let created = store.create_consumer("demo-key", &token, 171, NOW).await;
            created.expect("create").then_some(token)
        }
    });
    let created: Vec<TokenDigest> = created.await.into_iter().flatten().collect();
    fixture.set_consumer_disabled("demo-key", true).await;
    assert!(!fixture.create_consumer("demo-key", b"later", 171).await);
    let stored = fixture.consumer("demo-key").await.expect("there");
    assert_eq!((created, stored.disabled), (vec![stored.token], true));
    Ok(())
}

/// Putting a consumer again replaces its token and enables it: so a lost token can be replaced.
pub async fn a_consumer_can_get_another_token(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.organisation(171, "Ping Pong").await;
    fixture.put_consumer("demo-key", b"first", 171).await;
    fixture.set_consumer_disabled("demo-key", true).await;
    assert!(fixture.put_consumer("demo-key", b"second", 171).await);
    let consumer = fixture.consumer("demo-key").await.expect("there");
    assert!(consumer.token == TokenDigest::of(b"second"));
    assert!(!consumer.disabled);
    Ok(())
}

/// A consumer can be disabled and enabled without an effect on others; one that does not exist cannot.
pub async fn a_consumer_can_be_disabled(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.organisation(171, "Ping Pong").await;
    fixture.put_consumer("demo-key", b"one", 171).await;
    fixture.put_consumer("other-key", b"two", 171).await;
    for disabled in [true, true, false] {
        assert!(fixture.set_consumer_disabled("demo-key", disabled).await);
        assert_eq!(fixture.consumer("demo-key").await.map(|c| c.disabled), Some(disabled));
        assert_eq!(fixture.consumer("other-key").await.map(|c| c.disabled), Some(false));
    }
    assert!(!fixture.set_consumer_disabled("nobody", true).await);
    assert_eq!(fixture.consumer("nobody").await, None);
    Ok(())
}
