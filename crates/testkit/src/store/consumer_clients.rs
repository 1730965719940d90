//! Which clients a consumer has vouched for.

use std::sync::Arc;

use auth_core::Subject;
use consumer_auth::{ClientsOf, NewClient};

use super::client::client;
use super::fixture::Fixture;
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn clients(&self, of: &ClientsOf, after: Option<Subject>, limit: u32) -> Vec<Subject> {
        let found = self.ports.consumers.clients(of, after, limit).await;
        found.expect("clients")
    }

    async fn vouch_as(&self, consumer: &str, email: &str) -> Option<Subject> {
        let new = NewClient {
            consumer: consumer.into(),
            ..client(171, email, "N")
        };
        let found = self.ports.consumers.find_or_create_client(new).await;
        found.expect("find_or_create_client").map(|client| client.subject)
    }
}

fn of(consumer: &str) -> ClientsOf {
    ClientsOf::Consumer(consumer.into())
}

/// A consumer that is disabled, unknown, or of another organisation is answered with no client, new or not, and nothing
/// is created.
pub async fn only_an_enabled_consumer_of_the_organisation_gets_clients(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let known = fixture
        .vouch_as("key-171", "known@example.com")
        .await
        .expect("a client");
    fixture.put_consumer("disabled", b"token", 171).await;
    assert_eq!(fixture.vouch_as("disabled", "known@example.com").await, Some(known));
    fixture.set_consumer_disabled("disabled", true).await;
    for consumer in ["disabled", "unknown", "", "key-172", "key-171\0"] {
        for email in ["known@example.com", "new@example.com"] {
            assert_eq!(fixture.vouch_as(consumer, email).await, None, "{consumer:?} {email}");
        }
    }
    assert_eq!(fixture.clients(&ClientsOf::Organisation(171), None, 10).await, [known]);
    fixture.set_consumer_disabled("disabled", false).await;
    assert_eq!(fixture.vouch_as("disabled", "known@example.com").await, Some(known));
    Ok(())
}

/// A client is found by the consumer that has vouched for it, for any spelling of its address, while that is enabled;
/// looking for it creates nothing and records nothing.
pub async fn a_client_is_found_without_being_created(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    fixture.put_consumer("second", b"token", 171).await;
    let find = async |consumer: &str, organisation: i64, email: &str| {
        let asked = NewClient {
            consumer: consumer.into(),
            ..client(organisation, email, "Another Name")
        };
        fixture.ports.consumers.find_client(&asked).await.expect("find_client")
    };
    for _ in 0..2 {
        assert_eq!(find("key-171", 171, "one@example.com").await, None);
    }
    let made = fixture.vouch(client(171, "one@example.com", "N")).await;
    assert_eq!(find("key-171", 171, "ONE@example.com").await, Some(made));
    for consumer in ["second", "key-172", "unknown", "key-171\0"] {
        assert_eq!(find(consumer, 171, "one@example.com").await, None, "{consumer:?}");
    }
    assert_eq!(find("key-172", 172, "one@example.com").await, None);
    assert!(fixture.clients(&of("second"), None, 10).await.is_empty());
    fixture.set_consumer_disabled("key-171", true).await;
    assert_eq!(find("key-171", 171, "one@example.com").await, None);
    Ok(())
}

/// Each client is recorded once for each consumer that has vouched for it, and for no other consumer.
pub async fn a_consumers_clients_are_those_it_vouched_for(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    fixture.put_consumer("second", b"token", 171).await;
    let operator = fixture.owner("operator@example.com").await;
    let one = fixture.vouch_as("key-171", "one@example.com").await.expect("a client");
    let both = fixture.vouch_as("key-171", "both@example.com").await.expect("a client");
    for _ in 0..2 {
        assert_eq!(fixture.vouch_as("second", "BOTH@example.com").await, Some(both));
    }
    let elsewhere = fixture.vouch(client(172, "one@example.com", "N")).await;
    assert_eq!(fixture.clients(&of("key-171"), None, 10).await, [one, both]);
    assert_eq!(fixture.clients(&of("second"), None, 10).await, [both]);
    assert_eq!(fixture.clients(&of("key-172"), None, 10).await, [elsewhere.subject]);
    assert!(fixture.clients(&of("Key-171"), None, 10).await.is_empty());
    let organisation = fixture.clients(&ClientsOf::Organisation(171), None, 10).await;
    assert_eq!(organisation, [one, both], "not {:?}", operator.subject);
    Ok(())
}

/// Clients are listed in order and in pages.
pub async fn clients_are_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let mut all = Vec::new();
    for number in 0..5 {
        let email = format!("client-{number}@example.com");
        all.extend(fixture.vouch_as("key-171", &email).await);
    }
    for of in [of("key-171"), ClientsOf::Organisation(171)] {
        let (mut read, mut after) = (Vec::new(), None);
        for page in [2, 2, 1, 0] {
            let clients = fixture.clients(&of, after, 2).await;
            assert_eq!(clients.len(), page, "{of:?}");
            after = clients.last().copied();
            read.extend(clients);
        }
        assert_eq!(read, all, "{of:?}");
    }
    Ok(())
}

/// A consumer that is disabled while it vouches: what it was answered with is recorded.
pub async fn a_disabled_consumers_clients_are_all_recorded(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let callers = fixture.harness.crowd();
    for round in 0..5 {
        fixture.set_consumer_disabled("key-171", false).await;
        let answered = at_once(callers, |caller| {
            let consumers = fixture.ports.consumers.clone();
            let new = client(171, &format!("client-{round}-{}@example.com", caller / 2), "N");
            async move {
                if caller == callers / 2 {
                    let set = consumers.set_consumer_disabled("key-171", true).await;
                    assert!(set.expect("set_consumer_disabled"));
                    let listed = consumers.clients(&of("key-171"), None, 10_000).await;
                    return (None, Some(listed.expect("clients")));
                }
                let found = consumers
                    .find_or_create_client(new)
                    .await
                    .expect("find_or_create_client");
                (found.map(|client| client.subject), None)
            }
        })
        .await;
        let listed = answered.iter().find_map(|(_, listed)| listed.clone()).expect("a list");
        for (subject, _) in answered {
            assert!(subject.is_none_or(|subject| listed.contains(&subject)), "{subject:?}");
        }
    }
    Ok(())
}
