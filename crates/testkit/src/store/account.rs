//! Accounts: creating and disabling them.

use std::collections::HashSet;
use std::sync::Arc;

use auth_core::{Account, Attributes, Change, NewAccount, NewToken, Subject};

use super::fixture::{Fixture, HOUR, NOW, realm, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn create(&self, new: NewAccount) -> Option<Subject> {
        self.ports.accounts.create(new).await.expect("create")
    }
}

/// An account is returned as it was created: the login as typed, not folded, and every attribute with its type.
pub async fn an_account_comes_back_as_it_was_made(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let attributes = Attributes::from_iter([
        ("name".to_owned(), "Workshop \"Nåme\" \u{1f527}".into()),
        ("countryId".to_owned(), 1.into()),
        ("vatFactor".to_owned(), 0.25.into()),
        ("requireAutomaticPayment".to_owned(), true.into()),
        ("fax".to_owned(), ().into()),
        ("lines".to_owned(), vec![i64::MAX, i64::MIN].into()),
    ]);
    let new = NewAccount {
        login: "Workshop@Email.dk".into(),
        alias: Some("Wörkshop".into()),
        attributes,
        ..fixture.newcomer("")
    };
    let subject = fixture.create(new.clone()).await.expect("a free name");
    assert!(subject.0 > 0, "{subject}");
    let account = fixture.account(subject).await;
    let expected = Account {
        subject,
        realm: new.realm,
        login: new.login,
        alias: new.alias,
        role: new.role,
        generation: account.generation,
        disabled: false,
        attributes: new.attributes,
        created_at: new.created_at,
    };
    assert_eq!(account, expected);
    let bare = NewAccount {
        role: None,
        ..fixture.newcomer("bare")
    };
    let bare = fixture.create(bare).await.expect("a free name");
    let bare = fixture.account(bare).await;
    assert_eq!((bare.alias, bare.role, bare.attributes.len()), (None, None, 0));
    Ok(())
}

/// A number that no account has is not found.
pub async fn an_unknown_account_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for unknown in [owner.subject.0 + 1000, 0, -1, i64::MAX] {
        let found = fixture.ports.accounts.find(Subject(unknown)).await;
        assert_eq!(found.expect("find"), None, "{unknown}");
    }
    Ok(())
}

/// A number that the caller chose becomes the account's. If it is taken, nothing is created; and numbers that the store
/// chooses never collide with it.
pub async fn a_chosen_number_is_kept(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let chosen = |number, login: &str| NewAccount {
        subject: Some(Subject(number)),
        ..fixture.newcomer(login)
    };
    assert_eq!(
        fixture.create(chosen(281_950, "workshop@email.dk")).await,
        Some(Subject(281_950))
    );
    assert_eq!(
        fixture.create(chosen(281_950, "other@email.dk")).await,
        None,
        "the number is taken"
    );
    assert_eq!(fixture.account(Subject(281_950)).await.login, "workshop@email.dk");
    let first = fixture
        .create(fixture.newcomer("other@email.dk"))
        .await
        .expect("nothing was made under this name");
    let next = Subject(first.0.max(281_950) + 1);
    assert_eq!(fixture.create(chosen(next.0, "chosen")).await, Some(next));
    let mut numbers = HashSet::from([Subject(281_950), first, next]);
    for index in 0..5 {
        let subject = fixture.create(fixture.newcomer(&format!("more-{index}"))).await;
        assert!(
            numbers.insert(subject.expect("a free number")),
            "{subject:?} was given twice"
        );
    }
    Ok(())
}

/// A name signs in to one account of a realm, as a login or as an alias, in any spelling. Otherwise one account's owner
/// could sign in as another.
pub async fn a_name_is_one_accounts(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let with_alias = |login: &str, alias: &str| NewAccount {
        alias: Some(alias.into()),
        ..fixture.newcomer(login)
    };
    assert!(fixture.create(with_alias("José@example.com", "Pepe")).await.is_some());
    for (login, alias) in [
        ("José@example.com", None),
        ("JOSÉ@EXAMPLE.COM", None),
        ("jose\u{301}@example.com ", None),
        ("pepe", None),
        ("new", Some("PEPE")),
        ("new", Some("josé@example.com")),
    ] {
        let new = NewAccount {
            alias: alias.map(str::to_owned),
            ..fixture.newcomer(login)
        };
        assert_eq!(fixture.create(new).await, None, "{login:?} with {alias:?}");
    }
    assert!(
        fixture.create(fixture.newcomer("new")).await.is_some(),
        "what was refused took no name"
    );
    assert!(
        fixture.create(fixture.newcomer("jose@example.com")).await.is_some(),
        "another name"
    );
    Ok(())
}

/// The same name in two realms belongs to two accounts.
pub async fn a_name_is_free_in_another_realm(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let here = fixture.owner("100@mydomain.com").await;
    let there = NewAccount {
        realm: realm("pbx"),
        role: None,
        ..fixture.newcomer("100@mydomain.com")
    };
    let there = fixture.create(there).await.expect("free there");
    assert_ne!(here.subject, there);
    assert_eq!(fixture.account(there).await.realm, realm("pbx"));
    Ok(())
}

/// Of many callers who create an account with one name at the same moment, one succeeds.
pub async fn a_name_is_taken_once_by_a_crowd(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    for round in 0..10 {
        let answers = at_once(fixture.harness.crowd(), |caller| {
            let (accounts, name) = (fixture.ports.accounts.clone(), format!("name-{round}"));
            let new = match caller % 2 {
                0 => fixture.newcomer(&name.to_uppercase()),
                _ => NewAccount {
                    alias: Some(name),
                    ..fixture.newcomer(&format!("login-{round}-{caller}"))
                },
            };
            async move { accounts.create(new).await.expect("create") }
        })
        .await;
        assert_eq!(answers.iter().flatten().count(), 1, "round {round}");
    }
    Ok(())
}

/// Disabling starts a new generation and publishes it, for as long as any token of the account might be accepted.
pub async fn disabling_starts_a_new_generation(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let long = NewToken {
        expires_at: Some(NOW.plus(HOUR * 24 * 30)),
        ..token_of(&owner)
    };
    fixture.insert(long).await;
    assert!(fixture.disable(owner.subject, true).await);
    let disabled = fixture.account(owner.subject).await;
    assert!(disabled.disabled);
    assert!(
        disabled.generation > owner.generation,
        "{:?} after {:?}",
        disabled.generation,
        owner.generation
    );
    let entry = fixture
        .entry(Change::Superseded(owner.subject, disabled.generation))
        .await;
    assert!(entry.until >= NOW.plus(HOUR * 24 * 30), "{entry:?}");
    assert!(fixture.disable(owner.subject, false).await);
    let enabled = fixture.account(owner.subject).await;
    assert!(!enabled.disabled);
    assert!(
        enabled.generation >= disabled.generation,
        "a generation never comes back"
    );
    Ok(())
}

/// Disabling an account that does not exist does nothing and publishes nothing.
pub async fn an_unknown_account_is_not_disabled(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let before = fixture.feed().await;
    for disabled in [true, false] {
        assert!(!fixture.disable(Subject(owner.subject.0 + 1000), disabled).await);
    }
    assert_eq!(fixture.feed().await, before);
    Ok(())
}

/// The attributes of an account are replaced as a whole: no earlier member is kept. Nothing else changes, no token is
/// revoked, and nothing happens for an account that does not exist.
pub async fn attributes_are_replaced_as_a_whole(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let of = |name: &str, value: &str| Attributes::from_iter([(name.to_owned(), value.into())]);
    let new = NewAccount {
        attributes: of("old", "a"),
        ..fixture.newcomer("workshop@email.dk")
    };
    let subject = fixture.create(new).await.expect("a free name");
    let other = fixture.owner("other@email.dk").await;
    let before = fixture.account(subject).await;
    let id = fixture.insert(token_of(&before)).await;
    let attributes = of("new", "\"b\"");
    let set = async |subject| {
        let set = fixture.ports.accounts.set_attributes(subject, &attributes).await;
        set.expect("set_attributes")
    };
    assert!(set(subject).await);
    let after = fixture.account(subject).await;
    let expected = Account {
        attributes: attributes.clone(),
        ..before
    };
    assert_eq!(after, expected);
    assert!(fixture.is_live(id).await);
    assert_eq!(fixture.account(other.subject).await, other);
    assert!(!set(Subject(subject.0 + 1_000_000)).await);
    Ok(())
}
