//! Resource servers, and their secrets.

use std::sync::Arc;

use auth_core::{Timestamp, TokenDigest};
use consumer_auth::{Audience, PreviousSecret, ResourceServer, SecretRotation};

use super::fixture::{Fixture, HOUR, NOW};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

const ID: &str = "games-api";

fn of(flavours: &[&str]) -> Audience {
    Audience::Flavours(flavours.iter().map(|&name| name.to_owned()).collect())
}

fn digest(secret: &str) -> TokenDigest {
    TokenDigest::of(secret.as_bytes())
}

fn rotation(from: &str, to: &str, now: Timestamp) -> SecretRotation {
    SecretRotation {
        key: ID.into(),
        from: digest(from),
        to: digest(to),
        previous_until: now.plus(HOUR),
        now,
    }
}

impl Fixture {
    async fn with_resource_server(harness: Arc<dyn StoreHarness>) -> Self {
        let fixture = Self::new(harness).await;
        fixture
            .put_resource_server(ID, "first", &of(&["device", "login"]))
            .await;
        fixture.put_resource_server("other", "first", &Audience::All).await;
        fixture
    }

    async fn put_resource_server(&self, id: &str, secret: &str, audience: &Audience) {
        let servers = &self.ports.resource_servers;
        let put = servers.put_resource_server(id, &digest(secret), audience, NOW).await;
        put.expect("put a resource server");
    }

    async fn resource_servers(&self) -> Vec<ResourceServer> {
        let all = self.ports.resource_servers.resource_servers().await;
        all.expect("read the resource servers")
    }

    async fn resource_server(&self, id: &str) -> ResourceServer {
        let found = self.resource_servers().await.into_iter().find(|one| one.id == id);
        found.expect("the resource server")
    }

    async fn rotate_resource_server(&self, rotation: &SecretRotation) -> bool {
        let rotated = self.ports.resource_servers.rotate_resource_server(rotation).await;
        rotated.expect("rotate_resource_server")
    }

    async fn set_resource_server_disabled(&self, id: &str, disabled: bool) -> bool {
        let servers = &self.ports.resource_servers;
        let set = servers.set_resource_server_disabled(id, disabled).await;
        set.expect("set_resource_server_disabled")
    }
}

/// Resource servers come back as they were put, in the order of their ids, which are other ids in another case.
pub async fn resource_servers_come_back_as_they_were_put(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    assert!(fixture.resource_servers().await.is_empty());
    let audiences = [of(&[]), of(&["device"]), of(&["a-1", "b_2", "device"]), Audience::All];
    let ids = ["Games", "games", "games-api", "games.api"];
    for (id, audience) in ids.iter().zip(&audiences).rev() {
        fixture.put_resource_server(id, id, audience).await;
    }
    let expected = ids.iter().zip(audiences).map(|(id, audience)| ResourceServer {
        id: (*id).to_owned(),
        secret: digest(id),
        previous: None,
        disabled: false,
        audience,
        created_at: NOW,
    });
    assert_eq!(fixture.resource_servers().await, expected.collect::<Vec<_>>());
    Ok(())
}

/// Putting a resource server again replaces its secret and its audience, ends the secret before, and enables it.
pub async fn a_put_resource_server_has_one_secret(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    assert!(fixture.rotate_resource_server(&rotation("first", "second", NOW)).await);
    fixture.set_resource_server_disabled(ID, true).await;
    let other = fixture.resource_server("other").await;
    fixture.put_resource_server(ID, "third", &Audience::All).await;
    let expected = ResourceServer {
        id: ID.into(),
        secret: digest("third"),
        previous: None,
        disabled: false,
        audience: Audience::All,
        created_at: NOW,
    };
    assert_eq!(fixture.resource_server(ID).await, expected);
    assert_eq!(fixture.resource_server("other").await, other);
    Ok(())
}

/// A resource server can be disabled and enabled without an effect on others; one that does not exist cannot.
pub async fn a_resource_server_can_be_disabled(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    let before = fixture.resource_server(ID).await;
    for disabled in [true, true, false] {
        assert!(fixture.set_resource_server_disabled(ID, disabled).await);
        let expected = ResourceServer {
            disabled,
            ..before.clone()
        };
        assert_eq!(fixture.resource_server(ID).await, expected);
        assert!(!fixture.resource_server("other").await.disabled);
    }
    for unknown in ["nobody", "Games-Api", "games\0api"] {
        assert!(
            !fixture.set_resource_server_disabled(unknown, true).await,
            "{unknown:?}"
        );
    }
    assert_eq!(fixture.resource_servers().await.len(), 2);
    Ok(())
}

/// An audience is replaced without an effect on anything else; one that does not exist gets none.
pub async fn an_audience_is_replaced_alone(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    assert!(fixture.rotate_resource_server(&rotation("first", "second", NOW)).await);
    fixture.set_resource_server_disabled(ID, true).await;
    let before = fixture.resource_server(ID).await;
    for audience in [Audience::All, of(&["device"]), of(&[])] {
        let set = fixture.ports.resource_servers.set_audience(ID, &audience).await;
        assert!(set.expect("set_audience"));
        let expected = ResourceServer {
            audience,
            ..before.clone()
        };
        assert_eq!(fixture.resource_server(ID).await, expected);
    }
    let set = fixture
        .ports
        .resource_servers
        .set_audience("nobody", &Audience::All)
        .await;
    assert!(!set.expect("set_audience"));
    assert_eq!(fixture.resource_servers().await.len(), 2);
    Ok(())
}

/// A rotated resource server has both secrets until the end given, and is otherwise as it was.
pub async fn a_rotated_resource_servers_secrets_overlap(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    fixture.set_resource_server_disabled(ID, true).await;
    let (before, other) = (
        fixture.resource_server(ID).await,
        fixture.resource_server("other").await,
    );
    assert!(fixture.rotate_resource_server(&rotation("first", "second", NOW)).await);
    let expected = ResourceServer {
        secret: digest("second"),
        previous: Some(PreviousSecret {
            digest: digest("first"),
            until: NOW.plus(HOUR),
        }),
        ..before
    };
    assert_eq!(fixture.resource_server(ID).await, expected);
    assert_eq!(fixture.resource_server("other").await, other);
    Ok(())
}

/// A resource server has two secrets at most: while one before is accepted, it is not rotated again.
pub async fn a_resource_server_never_has_three_secrets(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    assert!(fixture.rotate_resource_server(&rotation("first", "second", NOW)).await);
    let before = fixture.resource_server(ID).await;
    let just_before = NOW.plus(HOUR).minus(std::time::Duration::from_millis(1));
    for now in [NOW, just_before] {
        assert!(!fixture.rotate_resource_server(&rotation("second", "third", now)).await);
        assert_eq!(fixture.resource_server(ID).await, before);
    }
    let later = NOW.plus(HOUR);
    assert!(
        fixture
            .rotate_resource_server(&rotation("second", "third", later))
            .await
    );
    Ok(())
}

/// Only the current secret of a known resource server is rotated, and of all who rotate it at once one gets `true`: its
/// secret is the one that is stored.
pub async fn one_resource_server_rotation_wins(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_resource_server(harness).await;
    for from in ["second", ""] {
        assert!(
            !fixture.rotate_resource_server(&rotation(from, "third", NOW)).await,
            "{from}"
        );
    }
    for key in ["unknown", "Games-Api", "games\0api"] {
        let unknown = SecretRotation {
            key: key.into(),
            ..rotation("first", "third", NOW)
        };
        assert!(!fixture.rotate_resource_server(&unknown).await, "{key:?}");
    }
    let won = at_once(fixture.harness.crowd(), |caller| {
        let servers = fixture.ports.resource_servers.clone();
        // The overlap is over at once: nothing but the swap decides.
        let rotation = SecretRotation {
            previous_until: NOW,
            ..rotation("first", &format!("of {caller}"), NOW)
        };
        async move {
            let won = servers.rotate_resource_server(&rotation).await;
            won.expect("rotate_resource_server").then_some(rotation.to)
        }
    })
    .await;
    let won: Vec<TokenDigest> = won.into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "winners");
    assert_eq!(won.first(), Some(&fixture.resource_server(ID).await.secret));
    Ok(())
}
