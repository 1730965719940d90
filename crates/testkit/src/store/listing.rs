//! Lists for administration: roles, organisations, consumers.

use std::sync::Arc;

use auth_core::Realm;
use permissions::{Role, RoleName};

use super::fixture::{Fixture, NOW, scopes};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// Roles are listed in the order of realm and name, byte by byte; asked for a realm, its own alone.
pub async fn roles_are_listed_by_realm_and_name(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let roles = &fixture.ports.roles;
    let role = |(realm, name): (&str, &str)| Role {
        realm: Realm::from_stored(realm),
        name: RoleName::parse(name).expect("a name"),
        permissions: scopes("zeta alpha"),
    };
    let all = [("alpha", "Writer"), ("alpha", "reader"), ("beta", "reader")].map(role);
    for role in all.iter().rev() {
        roles.put(role, NOW).await.expect("put a role");
    }
    // The fixture has roles of its own, in other realms.
    let mut listed = roles.roles(None).await.expect("roles");
    listed.retain(|role| ["alpha", "beta"].contains(&role.realm.as_str()));
    assert_eq!(listed, all);
    let of = async |realm| roles.roles(Some(&Realm::from_stored(realm))).await.expect("roles");
    assert_eq!(of("alpha").await, all[..2]);
    assert_eq!(of("gamma").await, []);
    Ok(())
}

/// Organisations are listed in the order of their numbers, in pages.
pub async fn organisations_are_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let mut expected = Vec::new();
    for id in [9, 10, 171] {
        expected.push(fixture.organisation(id, "Ping Pong").await);
    }
    let page = async |after, limit| fixture.ports.consumers.organisations(after, limit).await;
    assert_eq!(page(None, 2).await.expect("organisations"), expected[..2]);
    assert_eq!(page(Some(10), 2).await.expect("organisations"), expected[2..]);
    assert_eq!(page(Some(171), 2).await.expect("organisations"), []);
    Ok(())
}

/// Consumers are listed with their organisations in the order of their keys, byte by byte, in pages; disabled ones too.
pub async fn consumers_are_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.organisation(171, "Ping Pong").await;
    fixture.organisation(172, "Other").await;
    let keys = ["Partner", "partner", "partner-2", "ñ"];
    for (key, organisation) in keys.into_iter().zip([171, 172, 171, 171]) {
        assert!(fixture.put_consumer(key, b"token", organisation).await);
    }
    fixture.set_consumer_disabled("partner", true).await;
    let mut expected = Vec::new();
    for key in keys {
        let found = fixture.ports.consumers.find(key).await.expect("find a consumer");
        expected.extend(found);
    }
    let page = async |after, limit| fixture.ports.consumers.consumers(after, limit).await;
    assert_eq!(page(None, 3).await.expect("consumers"), expected[..3]);
    assert_eq!(page(Some("partner-2"), 3).await.expect("consumers"), expected[3..]);
    assert_eq!(page(Some("Z\0"), 1).await.expect("consumers"), expected[1..2]);
    assert_eq!(page(Some("ñ"), 3).await.expect("consumers"), []);
    Ok(())
}
