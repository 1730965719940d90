//! Password hashes.

use std::sync::Arc;

use auth_core::{FoldedLogin, NewAccount, PasswordRecord, Realm, Subject};

use super::fixture::{Fixture, realm, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn credential(&self, realm: &Realm, login: &str) -> Option<PasswordRecord> {
        let login = FoldedLogin::parse(login).expect("a name that can be typed");
        let found = self.ports.passwords.find(realm, &login).await;
        found.expect("find a credential")
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> bool {
        let upgraded = self.ports.passwords.upgrade(subject, old, new).await;
        upgraded.expect("upgrade")
    }
}

/// An account is found by its login and by its alias, in any spelling that folds to them, in its own realm only; and
/// all of its other properties are returned with it.
pub async fn a_credential_is_found_by_login_and_by_alias(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let new = NewAccount {
        alias: Some("GMachia".into()),
        ..fixture.newcomer("Gmachía@gmail.com")
    };
    let subject = fixture.ports.accounts.create(new).await.expect("create").expect("free");
    let account = fixture.account(subject).await;
    for name in [
        "Gmachía@gmail.com",
        " GMACHÍA@GMAIL.COM",
        "gmachi\u{301}a@gmail.com",
        "gmachia",
        "GMACHIA ",
    ] {
        let found = fixture.credential(&fixture.realm, name).await;
        assert_eq!(
            found.map(|credential| credential.account),
            Some(account.clone()),
            "{name:?}"
        );
        assert!(
            fixture.credential(&realm("players"), name).await.is_none(),
            "{name:?} elsewhere"
        );
    }
    for name in ["gmachia@gmail.com", "gmachi", "gmachia%", "_machia", "nobody"] {
        assert!(fixture.credential(&fixture.realm, name).await.is_none(), "{name:?}");
    }
    Ok(())
}

/// A hash is stored as it is given, damaged or not; an account that never got one has none.
pub async fn a_hash_is_kept_as_given(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    assert_eq!(fixture.hash_of("workshop@email.dk").await, None);
    let bcrypt = "$2b$12$WApznUPhDubN0oeveSXHp.Rk0rD3rWqZ4nfDGaqzbQBAZ7Zc9ZiSG";
    for hash in [bcrypt, "", " damaged\u{fffd}", "$2x$"] {
        assert!(fixture.set_password(owner.subject, hash, false).await);
        assert_eq!(fixture.hash_of("workshop@email.dk").await.as_deref(), Some(hash));
    }
    Ok(())
}

/// The password of an account that does not exist is not set.
pub async fn an_unknown_accounts_password_is_not_set(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let before = fixture.feed().await;
    let unknown = Subject(owner.subject.0 + 1000);
    assert!(!fixture.set_password(unknown, "$2b$12$new", true).await);
    assert!(!fixture.set_password(unknown, "$2b$12$new", false).await);
    assert!(!fixture.change_password(unknown, "", "$2b$12$new", true).await);
    assert!(!fixture.upgrade(unknown, "", "$2b$12$new").await);
    assert_eq!(fixture.feed().await, before);
    assert_eq!(fixture.hash_of("workshop@email.dk").await, None);
    Ok(())
}

/// An upgraded hash replaces the one it was made from, and no other: an upgrade that began before a password change
/// must not restore the old password.
pub async fn an_upgrade_never_undoes_a_password_change(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    assert!(
        !fixture.upgrade(owner.subject, "", "$2b$12$old").await,
        "there was no hash"
    );
    fixture.set_password(owner.subject, "$2b$10$old", false).await;
    assert!(fixture.upgrade(owner.subject, "$2b$10$old", "$2b$12$old").await);
    assert_eq!(
        fixture.hash_of("workshop@email.dk").await.as_deref(),
        Some("$2b$12$old")
    );
    assert!(
        !fixture.upgrade(owner.subject, "$2b$10$old", "$2b$12$late").await,
        "upgraded already"
    );
    fixture.set_password(owner.subject, "$2b$12$new", false).await;
    assert!(
        !fixture.upgrade(owner.subject, "$2b$12$old", "$2b$12$late").await,
        "changed since"
    );
    assert!(
        !fixture.upgrade(owner.subject, "$2B$12$NEW", "$2b$12$late").await,
        "another spelling"
    );
    assert_eq!(
        fixture.hash_of("workshop@email.dk").await.as_deref(),
        Some("$2b$12$new")
    );
    Ok(())
}

/// An upgrade is not a password change: it revokes nothing and publishes nothing.
pub async fn an_upgrade_ends_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    fixture.set_password(owner.subject, "$2b$10$old", false).await;
    let id = fixture.insert(token_of(&owner)).await;
    let before = fixture.feed().await;
    assert!(fixture.upgrade(owner.subject, "$2b$10$old", "$2b$12$old").await);
    assert!(fixture.is_live(id).await);
    assert_eq!(fixture.account(owner.subject).await.generation, owner.generation);
    assert_eq!(fixture.feed().await, before);
    Ok(())
}

/// Of many sign-ins that upgrade one hash at the same moment, one succeeds.
pub async fn one_upgrade_wins(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for round in 0..10 {
        fixture.set_password(owner.subject, "$2b$10$old", false).await;
        let answers = at_once(fixture.harness.crowd(), |caller| {
            let passwords = fixture.ports.passwords.clone();
            let (subject, new) = (owner.subject, format!("$2b$12$new-{caller}"));
            async move {
                let upgraded = passwords.upgrade(subject, "$2b$10$old", &new).await;
                upgraded.expect("upgrade").then_some(new)
            }
        })
        .await;
        let winners: Vec<String> = answers.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "winners in round {round}");
        assert_eq!(fixture.hash_of("workshop@email.dk").await.as_ref(), winners.first());
    }
    Ok(())
}

/// The record of a password does not print its hash.
pub async fn a_credential_does_not_print_its_hash(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    fixture.set_password(owner.subject, "$2b$12$canary", false).await;
    let credential = fixture
        .credential(&fixture.realm, "workshop@email.dk")
        .await
        .expect("an account");
    let ports = &fixture.ports;
    let printed = format!("{credential:?} {ports:?} {:?}", fixture.harness);
    assert!(!printed.contains("canary"), "{printed}");
    Ok(())
}
