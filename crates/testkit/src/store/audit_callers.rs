//! The audit log: what is written beside a change of those who call with a secret, consumers and resource servers.

use std::sync::Arc;

use auth_core::TokenDigest;
use consumer_auth::{Audience, SecretRotation};

use super::client::client;
use super::fixture::{Fixture, HOUR, NOW};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// A change of an organisation, a consumer or its clients leaves one entry.
pub async fn a_change_of_a_consumer_leaves_one_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let consumers = &fixture.ports.consumers;
    let put = fixture.event(fixture.organisation(171, "Ping Pong")).await;
    assert_eq!(put, "organisation_put");
    let (_, entry) = fixture.one_entry(fixture.put_consumer("key-171", b"first", 171)).await;
    assert_eq!(
        (&*entry.event, entry.detail.as_deref()),
        ("consumer_put", Some("key-171"))
    );
    let rotation = SecretRotation {
        key: "key-171".into(),
        from: TokenDigest::of(b"first"),
        to: TokenDigest::of(b"second"),
        previous_until: NOW.plus(HOUR),
        now: NOW,
    };
    let (rotated, entry) = fixture.one_entry(consumers.rotate_consumer(&rotation)).await;
    assert_eq!((rotated, &*entry.event), (Ok(true), "consumer_rotated"));
    let (made, entry) = fixture
        .one_entry(fixture.vouch(client(171, "a@example.com", "A")))
        .await;
    assert_eq!((&*entry.event, entry.subject), ("client_vouched", Some(made.subject.0)));
    for (disabled, event) in [(true, "consumer_disabled"), (false, "consumer_enabled")] {
        let changed = fixture.event(fixture.set_consumer_disabled("key-171", disabled)).await;
        assert_eq!(changed, event);
    }
    Ok(())
}

/// A change of a resource server leaves one entry, which names it.
pub async fn a_change_of_a_resource_server_leaves_one_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let servers = &fixture.ports.resource_servers;
    let first = TokenDigest::of(b"first");
    let (id, named) = ("games-api", Some("games-api"));
    for event in ["the first time", "again"] {
        let put = servers.put_resource_server(id, &first, &Audience::All, NOW);
        let (put, entry) = fixture.one_entry(put).await;
        put.expect("put_resource_server");
        assert_eq!(
            (&*entry.event, entry.detail.as_deref()),
            ("resource_server_put", named),
            "{event}"
        );
    }
    let rotation = SecretRotation {
        key: id.into(),
        from: first,
        to: TokenDigest::of(b"second"),
        previous_until: NOW.plus(HOUR),
        now: NOW,
    };
    let (rotated, entry) = fixture.one_entry(servers.rotate_resource_server(&rotation)).await;
    assert_eq!(rotated, Ok(true));
    assert_eq!(
        (&*entry.event, entry.detail.as_deref()),
        ("resource_server_rotated", named)
    );
    let audience = Audience::Flavours(["device".to_owned()].into());
    let (set, entry) = fixture.one_entry(servers.set_audience(id, &audience)).await;
    assert_eq!(set, Ok(true));
    assert_eq!(
        (&*entry.event, entry.detail.as_deref()),
        ("resource_server_audience_set", named)
    );
    for (disabled, event) in [(true, "resource_server_disabled"), (false, "resource_server_enabled")] {
        let set = servers.set_resource_server_disabled(id, disabled);
        let (set, entry) = fixture.one_entry(set).await;
        assert_eq!((set, &*entry.event, entry.detail.as_deref()), (Ok(true), event, named));
    }
    Ok(())
}

/// A secret that is not the current one, an overlap that is not over, and an id that is unknown change nothing.
pub(super) async fn nothing_of_a_resource_server(fixture: &Fixture) {
    let servers = &fixture.ports.resource_servers;
    let (first, second) = (TokenDigest::of(b"first"), TokenDigest::of(b"second"));
    let put = servers
        .put_resource_server("games-api", &first, &Audience::All, NOW)
        .await;
    put.expect("put_resource_server");
    let rotation = |key: &str, from, to| SecretRotation {
        key: key.into(),
        from,
        to,
        previous_until: NOW.plus(HOUR),
        now: NOW,
    };
    let (wrong, unknown) = (rotation("games-api", second, first), rotation("nobody", first, second));
    for rotation in [&wrong, &unknown] {
        let rotation = servers.rotate_resource_server(rotation);
        fixture.no_entry("rotate_resource_server", rotation).await;
    }
    let rotated = servers
        .rotate_resource_server(&rotation("games-api", first, second))
        .await;
    assert_eq!(rotated, Ok(true));
    let third = servers.rotate_resource_server(&wrong);
    fixture.no_entry("rotate_resource_server in an overlap", third).await;
    let audience = servers.set_audience("nobody", &Audience::All);
    fixture.no_entry("set_audience", audience).await;
    let disabled = servers.set_resource_server_disabled("nobody", true);
    fixture.no_entry("set_resource_server_disabled", disabled).await;
}
