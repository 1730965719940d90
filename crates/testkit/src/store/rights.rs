//! Roles, and the permissions of a token by its owner's role now.

use std::sync::Arc;

use auth_core::{Change, NewToken, Scopes, Subject};
use permissions::{Role, RoleName};

use super::fixture::{Fixture, NOW, ROLE, realm, scope_names, scopes, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn permissions(&self, realm: &auth_core::Realm, role: &str) -> Scopes {
        let permissions = self.ports.roles.permissions_of(realm, role).await;
        permissions.expect("permissions_of")
    }

    async fn give(&self, subject: Subject, role: Option<&str>) -> bool {
        self.ports
            .accounts
            .set_role(subject, role, NOW)
            .await
            .expect("set_role")
    }
}

/// A role has the permissions that were put last, in that order.
pub async fn a_role_gives_what_was_put_into_it(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    for permissions in ["zeta alpha mid", "alpha", "", "b:c/d {x}~ 'y'"] {
        fixture.allow("jugador", permissions).await;
        let held = fixture.permissions(&fixture.realm, "jugador").await;
        assert_eq!(held, scopes(permissions));
    }
    Ok(())
}

/// A role is created where its realm has none of this name. One that is there stays as it is; and of several that are created at
/// once, one is.
pub async fn a_new_role_is_not_one_that_is_there(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let role = |permissions: &str| Role {
        realm: fixture.realm.clone(),
        name: RoleName::parse("helper").expect("a name"),
        permissions: scopes(permissions),
    };
    let created = at_once(fixture.harness.crowd(), |caller| {
        let (store, role) = (fixture.ports.roles.clone(), role(&format!("p{caller}")));
        async move { store.create(&role, NOW).await.expect("create").then_some(role) }
    });
    let created: Vec<Role> = created.await.into_iter().flatten().collect();
    let stored = fixture.ports.roles.find(&fixture.realm, "helper").await.expect("find");
    assert_eq!((created.len(), stored.as_ref()), (1, created.first()));
    assert!(!fixture.ports.roles.create(&role("other"), NOW).await.expect("create"));
    assert_eq!(
        fixture.ports.roles.find(&fixture.realm, "helper").await.expect("find"),
        stored
    );
    Ok(())
}

/// A role that does not exist gives nothing; and a role of one realm is not the role of that name in another.
pub async fn a_role_is_one_realms(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let elsewhere = realm("players");
    fixture.allow("jugador", "here").await;
    for (realm, role) in [
        (&fixture.realm, "nobody"),
        (&elsewhere, "jugador"),
        (&fixture.realm, "JUGADOR"),
    ] {
        assert!(fixture.permissions(realm, role).await.is_empty(), "{role} in {realm}");
    }
    fixture.allow_in(&elsewhere, "jugador", "there").await;
    assert_eq!(fixture.permissions(&fixture.realm, "jugador").await, scopes("here"));
    assert_eq!(fixture.permissions(&elsewhere, "jugador").await, scopes("there"));
    Ok(())
}

/// A damaged row grants nothing, also not its readable parts. It is no error either: one bad row must not keep owners
/// out who do not need it.
pub async fn a_damaged_role_gives_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let id = fixture.insert(token_of(&owner)).await;
    for raw in [
        "",
        "null",
        "{}",
        "\"read\"",
        "[\"read\",1]",
        "[\"read\"",
        "[true]",
        "[\"read write\"]",
        "read",
    ] {
        fixture.harness.damage_role(&fixture.realm, ROLE, raw).await?;
        let held = fixture.permissions(&fixture.realm, ROLE).await;
        assert!(held.is_empty(), "{raw:?} gives {held}");
        let record = fixture.find(id).await.expect("a live token");
        assert!(record.scopes.is_empty(), "{raw:?} gives a token {}", record.scopes);
    }
    Ok(())
}

/// A token has the permissions it was issued with *and* its owner's role still has, in the order in which it was
/// issued.
pub async fn a_records_rights_are_the_issued_ones_still_held(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let id = fixture.insert(token_of(&owner)).await;
    let rights = async || fixture.find(id).await.expect("a live token").scopes;
    for (held, expected) in [
        ("read write delete", "read write delete"),
        ("delete read", "read delete"),
        ("write more", "write"),
        ("", ""),
        ("delete write read", "read write delete"),
    ] {
        fixture.allow(ROLE, held).await;
        assert_eq!(
            scope_names(&rights().await).join(" "),
            expected,
            "when the role gives {held:?}"
        );
    }
    Ok(())
}

/// The role is that of the owner now: another role, or none, changes the permissions of every token at once.
pub async fn a_records_rights_follow_its_owners_role(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let id = fixture.insert(token_of(&owner)).await;
    fixture.allow("reader", "read more").await;
    fixture.allow_in(&realm("players"), "reader", "read write delete").await;
    assert!(fixture.give(owner.subject, Some("reader")).await);
    assert_eq!(fixture.account(owner.subject).await.role.as_deref(), Some("reader"));
    assert_eq!(fixture.find(id).await.expect("a live record").scopes, scopes("read"));
    assert!(fixture.give(owner.subject, None).await);
    assert_eq!(fixture.account(owner.subject).await.role, None);
    assert!(
        fixture.find(id).await.expect("a live record").scopes.is_empty(),
        "without a role"
    );
    assert!(fixture.give(owner.subject, Some(ROLE)).await);
    assert_eq!(
        fixture.find(id).await.expect("a live record").scopes,
        scopes("read write delete")
    );
    Ok(())
}

/// A token issued with fewer permissions than its owner has never gets more.
pub async fn a_record_never_carries_more_than_it_was_issued_with(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let narrow = NewToken {
        scopes: scopes("write unheld"),
        ..token_of(&owner)
    };
    let id = fixture.insert(narrow).await;
    assert_eq!(fixture.find(id).await.expect("a live record").scopes, scopes("write"));
    fixture.allow(ROLE, "read write delete unheld everything").await;
    assert_eq!(
        fixture.find(id).await.expect("a live record").scopes,
        scopes("write unheld")
    );
    Ok(())
}

/// An edited role is published, so that nodes drop the permissions they have cached.
pub async fn an_edited_role_is_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    for _ in 0..2 {
        let before = fixture.published(Change::AllRights).await;
        fixture.allow(ROLE, "read").await;
        assert_eq!(fixture.published(Change::AllRights).await, before + 1);
    }
    let last = fixture.feed().await.into_iter().last().expect("an entry");
    assert!(last.until > NOW, "{last:?}");
    Ok(())
}

/// A change of an account's role is published. For an account that does not exist nothing happens and nothing is
/// published.
pub async fn another_role_is_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    assert!(fixture.give(owner.subject, None).await);
    let entry = fixture.entry(Change::SubjectRights(owner.subject)).await;
    assert!(entry.until > NOW, "{entry:?}");
    let unknown = Subject(owner.subject.0 + 1000);
    assert!(!fixture.give(unknown, None).await);
    assert_eq!(fixture.published(Change::SubjectRights(unknown)).await, 0);
    Ok(())
}
