//! The audit log: what is written beside a change.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use auth_core::{
    Attributes, AuditEntry, AuditEvent, AuditFilter, AuditRow, Cause, NewAccount, NewToken, Provenance, TokenDigest,
};
use consumer_auth::Audience;
use keystore::{RetireOutcome, Retirement, StoredKey};
use permissions::{Role, RoleName};

use super::audit_callers::nothing_of_a_resource_server;
use super::client::client;
use super::fixture::{Fixture, HOUR, NOW, ROLE, family_at, generation_digest, realm, scopes, session_of, token_of};
use super::key_fixture::{LOGIN, SHOPS, key};
use crate::law::LawResult;
use crate::ports::StoreHarness;

const REQUEST: &str = "4f1d0c9e";

fn source() -> IpAddr {
    IpAddr::from([192, 0, 2, 7])
}

impl Fixture {
    /// All entries, oldest first.
    pub(super) async fn entries(&self) -> Vec<AuditRow> {
        let any = AuditFilter::default();
        let found = self.ports.audit.find_entries(&any, None, 100_000).await;
        let mut rows = found.expect("find_entries");
        rows.reverse();
        rows
    }

    /// The one entry that this leaves, run as a request of a client.
    pub(super) async fn one_entry<T>(&self, what: impl Future<Output = T>) -> (T, AuditEntry) {
        let before = self.entries().await.len();
        let answer = Provenance::client(source(), REQUEST).scope(what).await;
        let mut rows = self.entries().await.split_off(before);
        assert_eq!(rows.len(), 1, "one entry, and not {rows:?}");
        (answer, rows.remove(0).entry)
    }

    /// The word of the one entry that this leaves, for something that is done.
    pub(super) async fn event<T>(&self, what: impl Future<Output = T>) -> String {
        self.one_entry(what).await.1.event.into_owned()
    }

    /// How many entries this leaves.
    pub(super) async fn entry_count<T>(&self, what: impl Future<Output = T>) -> usize {
        let before = self.entries().await.len();
        what.await;
        self.entries().await.len() - before
    }

    /// This leaves no entry.
    pub(super) async fn no_entry<T>(&self, name: &str, what: impl Future<Output = T>) {
        assert_eq!(self.entry_count(what).await, 0, "{name}");
    }
}

/// Issuing, refreshing and revoking a token leave one entry each, which says which token, whose and of which flavour.
pub async fn a_change_of_a_token_leaves_one_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (tokens, admin) = (&fixture.ports.tokens, &fixture.ports.token_admin);
    let (id, issued) = fixture.one_entry(fixture.insert(session_of(&owner, 1))).await;
    let child = NewToken {
        parent: Some(id),
        ..token_of(&owner)
    };
    let (from, to) = (generation_digest(1, 0), family_at(1, 1));
    let refreshed = tokens.rotate(id, &from, &to);
    let (won, refreshed) = fixture.one_entry(refreshed).await;
    assert_eq!(won, Ok(true));
    let events = [
        (issued, AuditEvent::TokenIssued),
        (refreshed, AuditEvent::TokenRefreshed),
        (fixture.one_entry(fixture.revoke(id)).await.1, AuditEvent::TokenRevoked),
    ];
    for (entry, event) in events {
        assert_eq!(entry.event, event.as_str());
        assert_eq!(
            (entry.token, entry.subject),
            (Some(id.0), Some(owner.subject.0)),
            "{event}"
        );
        assert_eq!(entry.flavour.as_deref(), Some("mechanics"), "{event}");
        assert_eq!(entry.realm.as_deref(), Some(owner.realm.as_str()), "{event}");
    }
    let parent = fixture.insert(session_of(&owner, 2)).await;
    let child = NewToken {
        parent: Some(parent),
        ..child
    };
    assert_eq!(fixture.event(fixture.insert(child)).await, "token_issued");
    let shared = fixture.event(tokens.find_or_insert(token_of(&owner))).await;
    assert_eq!(shared, "token_issued");
    let ended = fixture.event(admin.end_sessions(owner.subject, NOW)).await;
    assert_eq!(ended, "sessions_ended");
    let all = fixture.event(admin.end_all_sessions(NOW)).await;
    assert_eq!(all, "all_sessions_ended");
    Ok(())
}

/// A revocation says why: that of a session whose refresh token was used twice is an event of its own.
pub async fn a_revocation_says_why(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for cause in Cause::ALL {
        let id = fixture.insert(token_of(&owner)).await;
        let before = fixture.entries().await.len();
        Provenance::SERVER.because(*cause).scope(fixture.revoke(id)).await;
        let rows = fixture.entries().await.split_off(before);
        let said: Vec<_> = rows
            .iter()
            .map(|row| (&*row.entry.event, row.entry.detail.as_deref(), &*row.entry.outcome))
            .collect();
        match cause {
            Cause::Reuse => assert_eq!(said, [("refresh_reused", None, "refused")]),
            cause => assert_eq!(said, [("token_revoked", Some(cause.as_str()), "done")]),
        }
    }
    Ok(())
}

/// A change of an account, a password or a role leaves one entry.
pub async fn a_change_of_an_account_leaves_one_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (accounts, passwords) = (&fixture.ports.accounts, &fixture.ports.passwords);
    let (created, entry) = fixture.one_entry(accounts.create(fixture.newcomer("workshop"))).await;
    let subject = created.expect("create").expect("a free name");
    assert_eq!((&*entry.event, entry.subject), ("account_created", Some(subject.0)));
    assert_eq!(entry.detail, Some(fixture.newcomer("workshop").summary()));
    let changes = [
        (fixture.event(fixture.disable(subject, true)).await, "account_disabled"),
        (fixture.event(fixture.disable(subject, false)).await, "account_enabled"),
        (
            fixture.event(accounts.set_role(subject, None, NOW)).await,
            "account_role_set",
        ),
        (
            fixture
                .event(accounts.set_attributes(subject, &Default::default()))
                .await,
            "account_attributes_set",
        ),
        (
            fixture.event(fixture.set_password(subject, "one", true)).await,
            "password_set",
        ),
        (
            fixture.event(fixture.set_password(subject, "one", false)).await,
            "password_set",
        ),
        (
            fixture.event(passwords.change(subject, "one", "two", true, NOW)).await,
            "password_changed",
        ),
        (
            fixture
                .event(passwords.change(subject, "two", "three", false, NOW))
                .await,
            "password_changed",
        ),
        (
            fixture.event(passwords.upgrade(subject, "three", "four")).await,
            "password_upgraded",
        ),
    ];
    for (event, expected) in changes {
        assert_eq!(event, expected);
    }
    let (_, entry) = fixture.one_entry(fixture.allow(ROLE, "read")).await;
    let expected = format!("{ROLE} permissions=1 read");
    assert_eq!(
        (&*entry.event, entry.detail.as_deref()),
        ("role_put", Some(expected.as_str()))
    );
    let created = fixture.event(fixture.ports.roles.create(&role("helper"), NOW)).await;
    assert_eq!(created, "role_put");
    Ok(())
}

/// A change of a signing key leaves one entry, which names the flavour.
pub async fn a_change_of_a_key_leaves_one_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let keys = &fixture.ports.keys;
    let (added, entry) = fixture.one_entry(keys.insert_first(&key("one", SHOPS))).await;
    assert_eq!((added, &*entry.event), (Ok(true), "key_added"));
    assert_eq!(
        (entry.flavour.as_deref(), entry.detail.as_deref()),
        (Some("shops"), Some("one"))
    );
    let rotated = fixture.event(keys.rotate(&key("two", SHOPS), NOW.plus(HOUR))).await;
    assert_eq!(rotated, "key_rotated");
    let retirement = Retirement {
        name: "one".into(),
        at: NOW,
        now: NOW,
        allow_last: true,
    };
    let (outcome, entry) = fixture.one_entry(keys.retire(&retirement)).await;
    assert!(matches!(outcome, Ok(RetireOutcome::Retired(_))), "{outcome:?}");
    assert_eq!(
        (&*entry.event, entry.flavour.as_deref()),
        ("key_retired", Some("shops"))
    );
    let replaced = fixture.event(keys.emergency(&key("three", SHOPS), NOW)).await;
    assert_eq!(replaced, "keys_replaced");
    let erased = fixture.entry_count(keys.erase_retired(NOW.minus(HOUR), NOW)).await;
    assert_eq!(erased, 2, "one for each key");
    let all = [key("four", SHOPS), key("five", LOGIN)];
    assert_eq!(fixture.event(keys.replace_all(&all, NOW)).await, "keys_replaced");
    Ok(())
}

/// What is refused, or finds nothing to change, leaves no entry.
pub async fn what_changes_nothing_leaves_no_entry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let ports = &fixture.ports;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let wrong = generation_digest(9, 9);
    let next = family_at(1, 1);
    let rotation = ports.tokens.rotate(session, &wrong, &next);
    fixture.no_entry("rotate", rotation).await;
    let shared = ports.tokens.find_or_insert(token_of(&owner)).await;
    let again = ports.tokens.find_or_insert(token_of(&owner));
    fixture.no_entry("find_or_insert", again).await;
    let shared = shared.expect("find_or_insert").expect("an active owner").id;
    fixture.revoke(shared).await;
    fixture.no_entry("revoke", fixture.revoke(shared)).await;
    let gone = auth_core::Subject(owner.subject.0 + 1_000_000);
    let outdated = NewToken {
        subject: gone,
        ..token_of(&owner)
    };
    fixture.no_entry("insert", fixture.refused(outdated)).await;
    fixture.no_entry("set_disabled", fixture.disable(gone, true)).await;
    fixture.no_entry("set_disabled", fixture.disable(gone, false)).await;
    fixture.no_entry("set", fixture.set_password(gone, "hash", true)).await;
    fixture
        .no_entry("set_role", ports.accounts.set_role(gone, None, NOW))
        .await;
    fixture
        .no_entry(
            "set_attributes",
            ports.accounts.set_attributes(gone, &Default::default()),
        )
        .await;
    let taken = ports.accounts.create(fixture.newcomer("workshop@email.dk"));
    fixture.no_entry("create", taken).await;
    let change = ports.passwords.change(owner.subject, "none", "new", true, NOW);
    fixture.no_entry("change", change).await;
    let upgrade = ports.passwords.upgrade(owner.subject, "none", "new");
    fixture.no_entry("upgrade", upgrade).await;
    fixture
        .no_entry("end_sessions", ports.token_admin.end_sessions(gone, NOW))
        .await;
    fixture.vouch(client(171, "a@example.com", "A")).await;
    fixture
        .no_entry(
            "find_or_create_client",
            fixture.vouch(client(171, "a@example.com", "A")),
        )
        .await;
    let disabled = ports.consumers.set_consumer_disabled("nobody", true);
    fixture.no_entry("set_consumer_disabled", disabled).await;
    nothing_of_a_resource_server(&fixture).await;
    ports.keys.insert_first(&key("one", SHOPS)).await.expect("insert_first");
    fixture
        .no_entry("insert_first", ports.keys.insert_first(&key("two", SHOPS)))
        .await;
    fixture
        .no_entry("rotate a key", ports.keys.rotate(&key("one", SHOPS), NOW))
        .await;
    fixture
        .no_entry("rotate a key beside the next", {
            let (next, third) = (waiting("next"), waiting("third"));
            ports.keys.rotate(&next, NOW).await.expect("rotate");
            async move { ports.keys.rotate(&third, NOW).await }
        })
        .await;
    fixture
        .no_entry("emergency", ports.keys.emergency(&key("one", SHOPS), NOW))
        .await;
    let there = role("helper");
    ports.roles.put(&there, NOW).await.expect("put a role");
    fixture.no_entry("create a role", ports.roles.create(&there, NOW)).await;
    let there = ports.consumers.organisations(None, 1).await.expect("organisations");
    let created = ports.consumers.create_organisation(&there[0]);
    fixture.no_entry("create_organisation", created).await;
    fixture.put_consumer("there", b"token", there[0].id).await;
    let token = TokenDigest::of(b"another");
    let created = ports.consumers.create_consumer("there", &token, there[0].id, NOW);
    fixture.no_entry("create_consumer", created).await;
    fixture.no_entry("touch", ports.tokens.touch(&[(session, NOW)])).await;
    fixture.no_entry("purge", ports.tokens.purge(NOW, 10)).await;
    Ok(())
}

fn waiting(name: &str) -> StoredKey {
    StoredKey {
        activates_at: NOW.plus(HOUR),
        ..key(name, SHOPS)
    }
}

fn role(name: &str) -> Role {
    Role {
        realm: realm("players"),
        name: RoleName::parse(name).expect("a name"),
        permissions: scopes("read"),
    }
}

/// An entry has the actor, the address, the request and the command of the task that called the store.
pub async fn an_entry_says_who_and_from_where(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (_, entry) = fixture.one_entry(fixture.insert(token_of(&owner))).await;
    assert_eq!(entry.actor, "client");
    assert_eq!(entry.source.as_deref(), Some("192.0.2.7"));
    assert_eq!(entry.request.as_deref(), Some(REQUEST));
    assert_eq!((entry.at, entry.command), (NOW, None));
    let operator = Provenance::operator("root", "token revoke");
    let before = fixture.entries().await.len();
    operator.scope(fixture.disable(owner.subject, true)).await;
    fixture.disable(owner.subject, false).await;
    let rows = fixture.entries().await.split_off(before);
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row.entry.actor.as_str(), row.entry.command.as_deref()))
        .collect();
    assert_eq!(said, [("operator root", Some("token revoke")), ("server", None)]);
    Ok(())
}

/// No entry has a digest, a hash, a salt or a sealed key of what was written, nor a name or an attribute of a person.
pub async fn an_entry_has_no_secret(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_organisations(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let new = NewToken {
        digest: Some(TokenDigest::from_bytes(*b"canarycanarycanarycanarycanaryca")),
        salt: Some(*b"canarycanarycana"),
        label: Some("canary".into()),
        ..token_of(&owner)
    };
    fixture.insert(new).await;
    fixture.set_password(owner.subject, "$2b$10$canary", true).await;
    fixture.put_consumer("another", b"canary", 171).await;
    let servers = &fixture.ports.resource_servers;
    let canary = TokenDigest::from_bytes(*b"canarycanarycanarycanarycanaryca");
    let put = servers
        .put_resource_server("games-api", &canary, &Audience::All, NOW)
        .await;
    put.expect("put_resource_server");
    let mut first = key("one", SHOPS);
    first.sealed = b"canary".to_vec();
    fixture.ports.keys.insert_first(&first).await.expect("insert_first");
    let person = NewAccount {
        alias: Some("canary alias".into()),
        attributes: Attributes::from_iter([("name".to_owned(), "canary".into())]),
        ..fixture.newcomer("canary@email.dk")
    };
    fixture.ports.accounts.create(person).await.expect("create");
    let text = format!("{:?}", fixture.entries().await);
    let digits: String = b"canary".iter().map(|byte| format!("{byte:02x}")).collect();
    for canary in ["canary", &digits, "99, 97, 110, 97, 114, 121", "workshop@email.dk"] {
        assert!(!text.contains(canary), "{canary} is in an entry");
    }
    Ok(())
}
