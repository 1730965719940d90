//! Accounts in the order of their names.

use std::sync::Arc;

use auth_core::{FoldedLogin, NameKind, NamePage, NewAccount};

use super::fixture::{Fixture, realm};
use crate::law::LawResult;
use crate::ports::StoreHarness;

impl Fixture {
    /// The names on a page of the realm.
    async fn names(&self, kind: NameKind, begins: &str, after: Option<&str>, limit: u32) -> Vec<String> {
        let page = NamePage {
            realm: self.realm.clone(),
            kind,
            begins: begins.into(),
            after: after.map(str::to_owned),
            limit,
        };
        let named = self.ports.accounts.named(&page).await.expect("named");
        for one in &named {
            let name = match kind {
                NameKind::Login => Some(&one.account.login),
                NameKind::Alias => one.account.alias.as_ref(),
            };
            let folded = FoldedLogin::parse(name.expect("it has the name")).expect("a name that can be typed");
            assert_eq!(folded.as_str(), one.name, "the name is the account's");
        }
        named.into_iter().map(|one| one.name).collect()
    }

    async fn named_owner(&self, login: &str, alias: Option<&str>) {
        let new = NewAccount {
            alias: alias.map(str::to_owned),
            ..self.newcomer(login)
        };
        let created = self.ports.accounts.create(new).await.expect("create");
        created.expect("a free name");
    }
}

/// Over all pages each account of the realm is there once, in the order of the bytes of its folded name, for any page size.
pub async fn names_are_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let typed = ["b", "A", "a-b", "ab", "aB@x.dk", "ä", "z", "a b", "a_b"];
    for login in typed {
        fixture.named_owner(login, None).await;
    }
    let elsewhere = NewAccount {
        realm: realm("players"),
        ..fixture.newcomer("aaa")
    };
    fixture.ports.accounts.create(elsewhere).await.expect("create");
    let folded = typed.map(|login| FoldedLogin::parse(login).expect("a name").as_str().to_owned());
    let mut all = Vec::from(folded);
    all.sort();
    for limit in [1, 2, 4, 9, 10] {
        let (mut read, mut after) = (Vec::new(), None::<String>);
        // One page more than there are accounts: a store that repeats itself must not keep the test.
        for _ in 0..=all.len() {
            let page = fixture.names(NameKind::Login, "", after.as_deref(), limit).await;
            assert!(page.len() <= limit as usize, "{} where {limit} were asked", page.len());
            after = page.last().cloned();
            read.extend(page);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, all, "in pages of {limit}");
    }
    Ok(())
}

/// A page has the names that begin with the text, of the kind that is asked for, and no others.
pub async fn names_are_found_by_their_beginning(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.named_owner("anna@example.com", Some("Bea")).await;
    fixture.named_owner("Anton@example.com", None).await;
    fixture.named_owner("bert@anna.example", Some("anna")).await;
    fixture.named_owner("an%_", Some("a%")).await;
    let logins = async |begins: &str| fixture.names(NameKind::Login, begins, None, 100).await;
    assert_eq!(logins("an").await, ["an%_", "anna@example.com", "anton@example.com"]);
    assert_eq!(logins("anna").await, ["anna@example.com"]);
    assert_eq!(logins("anna@example.com").await, ["anna@example.com"]);
    assert_eq!(logins("anna@example.com.").await, [""; 0]);
    assert_eq!(logins("%").await, [""; 0], "no character is a wildcard");
    assert_eq!(logins("c").await, [""; 0]);
    let aliases = async |begins: &str| fixture.names(NameKind::Alias, begins, None, 100).await;
    assert_eq!(aliases("").await, ["a%", "anna", "bea"]);
    assert_eq!(aliases("an").await, ["anna"]);
    let next = fixture.names(NameKind::Login, "an", Some("an%_"), 1).await;
    assert_eq!(next, ["anna@example.com"]);
    let none = fixture.names(NameKind::Login, "an", Some("z"), 9).await;
    assert_eq!(none, [""; 0], "what comes after the last one");
    Ok(())
}
