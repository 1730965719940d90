//! Clients: found or created exactly once.

use std::collections::HashSet;
use std::sync::Arc;

use auth_core::{FoldedLogin, NewAccount, Realm};
use consumer_auth::{Client, NewClient};

use super::fixture::{Fixture, HOUR, NOW, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

const EMAIL: &str = "José@Example.com";

pub(super) fn client(organisation: i64, email: &str, name: &str) -> NewClient {
    NewClient {
        consumer: format!("key-{organisation}"),
        organisation,
        folded: FoldedLogin::parse(email).expect("an address that can be typed"),
        email: email.into(),
        name: name.into(),
        created_at: NOW,
    }
}

impl Fixture {
    /// Two organisations, with a consumer each: `key-171` and `key-172`.
    pub(super) async fn with_organisations(harness: Arc<dyn StoreHarness>) -> Self {
        let fixture = Self::new(harness).await;
        fixture.organisation(171, "Ping Pong").await;
        fixture.organisation(172, "Other").await;
        for (key, organisation) in [("key-171", 171), ("key-172", 172)] {
            fixture.put_consumer(key, b"token", organisation).await;
        }
        fixture
    }

    pub(super) async fn vouch(&self, new: NewClient) -> Client {
        let found = self.ports.consumers.find_or_create_client(new).await;
        found.expect("find_or_create_client").expect("an enabled consumer")
    }
}

/// A new client is created as described.
pub async fn a_new_client_is_made_as_described(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let made = fixture.vouch(client(171, EMAIL, "José \"Pepe\" \u{1f3d3}")).await;
    let expected = Client {
        subject: made.subject,
        organisation: 171,
        email: EMAIL.into(),
        name: "José \"Pepe\" \u{1f3d3}".into(),
        generation: made.generation,
        disabled: false,
        created_at: NOW,
    };
    assert_eq!(made, expected);
    Ok(())
}

/// An existing client is returned as stored, for any spelling of its e-mail: what a consumer sends later does not
/// overwrite it.
pub async fn an_existing_client_comes_back_as_stored(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let first = fixture.vouch(client(171, EMAIL, "José")).await;
    for email in [EMAIL, "JOSÉ@EXAMPLE.COM", "jose\u{301}@example.com"] {
        let again = NewClient {
            created_at: NOW.plus(HOUR),
            ..client(171, email, "Another Name")
        };
        assert_eq!(fixture.vouch(again).await, first, "{email:?}");
    }
    let other = fixture.vouch(client(171, "jose@example.com", "Jose")).await;
    assert_ne!(other.subject, first.subject, "another address");
    Ok(())
}

/// However many callers vouch for one new client at the same moment, there is one client with one number.
pub async fn a_client_is_made_once_for_a_crowd(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    for round in 0..10 {
        let answers = at_once(fixture.harness.crowd(), |caller| {
            let consumers = fixture.ports.consumers.clone();
            let email = match caller % 2 {
                0 => format!("client-{round}@example.com"),
                _ => format!("CLIENT-{round}@EXAMPLE.COM"),
            };
            let new = client(171, &email, &format!("caller {caller}"));
            async move {
                consumers
                    .find_or_create_client(new)
                    .await
                    .expect("find_or_create_client")
                    .expect("an enabled consumer")
            }
        })
        .await;
        let distinct: HashSet<_> = answers.iter().map(|c| (c.subject, &c.email, &c.name)).collect();
        assert_eq!(distinct.len(), 1, "clients in round {round}: {distinct:?}");
    }
    Ok(())
}

/// One address in two organisations belongs to two clients.
pub async fn clients_never_cross_organisations(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let here = fixture.vouch(client(171, EMAIL, "here")).await;
    let there = fixture.vouch(client(172, EMAIL, "there")).await;
    assert_ne!(here.subject, there.subject);
    assert_eq!((there.organisation, there.name.as_str()), (172, "there"));
    assert_eq!(fixture.vouch(client(171, EMAIL, "")).await, here);
    Ok(())
}

/// A client is an account of its organisation's own realm; no account of another realm is found by its address.
pub async fn a_client_is_an_account_of_its_organisation(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let operator = fixture.owner(EMAIL).await;
    let made = fixture.vouch(client(171, EMAIL, "José")).await;
    assert_ne!(made.subject, operator.subject);
    let account = fixture.account(made.subject).await;
    assert_eq!(
        (account.realm, account.login.as_str()),
        (Realm::of_organisation(171), EMAIL)
    );
    assert_eq!(account.generation, made.generation);
    let taken = NewAccount {
        realm: Realm::of_organisation(171),
        role: None,
        ..fixture.newcomer(EMAIL)
    };
    let created = fixture.ports.accounts.create(taken).await.expect("create");
    assert_eq!(created, None, "the client has that name");
    Ok(())
}

/// A client can be disabled like any account, and is returned as disabled; its generation increases, so its tokens are
/// revoked.
pub async fn a_disabled_client_is_found_as_disabled(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let made = fixture.vouch(client(171, EMAIL, "José")).await;
    let token = fixture.insert(token_of(&fixture.account(made.subject).await)).await;
    assert!(fixture.is_live(token).await);
    fixture.disable(made.subject, true).await;
    let disabled = fixture.vouch(client(171, EMAIL, "José")).await;
    assert!(disabled.disabled);
    assert!(disabled.generation > made.generation);
    assert_eq!(disabled.subject, made.subject);
    assert!(!fixture.is_live(token).await);
    Ok(())
}
