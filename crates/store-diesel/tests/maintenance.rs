//! Another root key, which master keys open it, and names in the form of an earlier version; on both databases.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use auth_core::{AuditEvent, FoldedLogin, NewToken, Provenance, Subject};
use keystore::{RotateOutcome, StoredKey};
use store_diesel::{FactChange, RootKeyChange, RootKeyDependents, StoredNames};
use support::Fresh;
use support::things::{NOW, account, key, owner, realm, session, token};

tests! {
    both {
        another_root_key_is_written_whole_or_not_at_all
        a_root_key_is_not_changed_beside_another_change
        what_depends_on_the_root_key_is_counted
        a_shared_token_goes_on_and_is_no_longer_shared
        master_keys_are_changed_with_their_entry_or_not_at_all
        names_are_folded_anew_and_none_takes_anothers
    }
}

const CHECK: &str = "check";

fn fact(name: &'static str, before: Option<&[u8]>, after: &[u8]) -> FactChange {
    FactChange {
        name,
        before: before.map(<[u8]>::to_vec),
        after: after.to_vec(),
    }
}

/// A database with two keys, and the change of its root key.
async fn with_keys(fresh: &Fresh) -> RootKeyChange {
    fresh.store.meta().put_if_absent(CHECK, b"before").await.unwrap();
    for (name, purpose) in [("one", "shops/EdDSA"), ("two", "pbx/HS256")] {
        assert!(fresh.store.keys().insert_first(&key(name, purpose)).await.unwrap());
    }
    let keys_before = fresh.store.keys().keys().await.unwrap();
    let anew = |key: &StoredKey| StoredKey {
        sealed: [b"anew ", key.name.as_bytes()].concat(),
        ..key.clone()
    };
    RootKeyChange {
        facts: vec![fact(CHECK, Some(b"before"), b"after"), fact("seals", None, b"seals")],
        keys_after: keys_before.iter().map(anew).collect(),
        keys_before,
        now: NOW,
    }
}

async fn stored(fresh: &Fresh) -> (Vec<StoredKey>, Option<Vec<u8>>) {
    let keys = fresh.store.keys().keys().await.unwrap();
    (keys, fresh.store.meta().value(CHECK).await.unwrap())
}

/// A key under one root key and the next under another would be lost: whatever stops the change, and wherever.
async fn another_root_key_is_written_whole_or_not_at_all(fresh: Fresh) {
    let change = with_keys(&fresh).await;
    let before = stored(&fresh).await;
    let owner = owner(&fresh.store, "client@x.dk").await;
    let shared = fresh.store.tokens().find_or_insert(token(owner)).await.unwrap();
    assert!(shared.is_some());
    for table in ["vault", "meta", "tokens"] {
        // Of the keys, the second: the first is written by then.
        let which = if table == "vault" { "OLD.name = 'two'" } else { "1 = 1" };
        let (start, end) = match fresh.is_sqlite() {
            true => (
                format!(
                    "CREATE TRIGGER stop BEFORE UPDATE ON {table} WHEN {which}
                     BEGIN SELECT RAISE(ABORT, 'stopped'); END"
                ),
                "DROP TRIGGER stop".to_owned(),
            ),
            false => (
                format!(
                    "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stopped''; END';
                     CREATE TRIGGER stop BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({which}) EXECUTE FUNCTION stop()"
                ),
                format!("DROP TRIGGER stop ON {table}; DROP FUNCTION stop()"),
            ),
        };
        fresh.run(&start).await;
        let changed = fresh.store.maintenance().change_root_key(&change).await;
        assert!(changed.is_err(), "{table}: {changed:?}");
        fresh.run(&end).await;
        assert_eq!(stored(&fresh).await, before, "{table}");
        assert_eq!(
            fresh.count("SELECT count(*) FROM tokens WHERE shared").await,
            1,
            "{table}"
        );
    }
    assert!(fresh.store.maintenance().change_root_key(&change).await.unwrap());
    assert_eq!(
        stored(&fresh).await,
        (change.keys_after.clone(), Some(b"after".to_vec()))
    );
}

async fn a_root_key_is_not_changed_beside_another_change(fresh: Fresh) {
    let change = with_keys(&fresh).await;
    let before = stored(&fresh).await;
    let another = RootKeyChange {
        facts: vec![fact(CHECK, Some(b"another"), b"after")],
        ..change.clone()
    };
    assert!(!fresh.store.maintenance().change_root_key(&another).await.unwrap());
    assert_eq!(stored(&fresh).await, before);
    let rotated = fresh.store.keys().rotate(&key("three", "pbx/HS256"), NOW).await;
    assert_eq!(rotated.unwrap(), RotateOutcome::Rotated);
    let before = stored(&fresh).await;
    assert!(!fresh.store.maintenance().change_root_key(&change).await.unwrap());
    assert_eq!(
        stored(&fresh).await,
        before,
        "a key that was added meanwhile is not lost"
    );
}

/// Of two administrators who change them at once one is refused, and repeats it with what is there by then.
async fn master_keys_are_changed_with_their_entry_or_not_at_all(fresh: Fresh) {
    let maintenance = fresh.store.maintenance();
    let entry = || Provenance::current().entry(AuditEvent::MasterKeyAccepted, NOW);
    let entries = "SELECT count(*) FROM audit_entries WHERE event = 'master_key_accepted'";
    for (before, after, changed) in [
        (None, "one", true),
        (None, "two", false),
        (Some("two"), "three", false),
        (Some("one"), "four", true),
    ] {
        let change = fact("seals", before.map(str::as_bytes), after.as_bytes());
        let outcome = maintenance.change_master_keys(&change, entry()).await.unwrap();
        assert_eq!(outcome, changed, "{before:?} to {after}");
    }
    let seals = fresh.store.meta().value("seals").await.unwrap();
    assert_eq!(seals.unwrap(), b"four");
    assert_eq!(fresh.count(entries).await, 2);
}

async fn what_depends_on_the_root_key_is_counted(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let tokens = fresh.store.tokens();
    tokens.insert(token(owner)).await.unwrap();
    tokens.insert(session(owner, 1)).await.unwrap();
    let ended = tokens.insert(session(owner, 2)).await.unwrap().unwrap();
    tokens.revoke(ended, NOW).await.unwrap();
    tokens.find_or_insert(token(owner)).await.unwrap();
    let counted = fresh.store.maintenance().root_key_dependents(NOW).await.unwrap();
    let expected = RootKeyDependents {
        refreshed_sessions: 1,
        shared_tokens: 1,
    };
    assert_eq!(counted, expected);
}

async fn a_shared_token_goes_on_and_is_no_longer_shared(fresh: Fresh) {
    let change = with_keys(&fresh).await;
    let owner = owner(&fresh.store, "client@x.dk").await;
    let tokens = fresh.store.tokens();
    let shared = NewToken {
        salt: Some([7; 16]),
        ..token(owner)
    };
    let before = tokens.find_or_insert(shared.clone()).await.unwrap().unwrap();
    assert!(fresh.store.maintenance().change_root_key(&change).await.unwrap());
    assert!(tokens.find(before.id).await.unwrap().is_some());
    let after = tokens.find_or_insert(shared.clone()).await.unwrap().unwrap();
    assert_ne!(after.id, before.id);
    assert_eq!(tokens.find_or_insert(shared).await.unwrap().unwrap().id, after.id);
}

async fn names_are_folded_anew_and_none_takes_anothers(fresh: Fresh) {
    let first = owner(&fresh.store, "first@x.dk").await;
    let second = owner(&fresh.store, "second@x.dk").await;
    let pages = fresh.store.maintenance();
    let all = pages.names(None, 100).await.unwrap();
    let expected = |subject: Subject, login: &str| StoredNames {
        subject,
        realm: realm(),
        login: login.to_owned(),
        login_folded: Some(login.to_owned()),
        alias: None,
        alias_folded: None,
    };
    assert_eq!(all, [expected(first, "first@x.dk"), expected(second, "second@x.dk")]);
    assert_eq!(pages.names(Some(first), 100).await.unwrap(), all[1..]);
    assert_eq!(pages.names(None, 1).await.unwrap(), all[..1]);
    let renamed = StoredNames {
        login_folded: Some("third@x.dk".to_owned()),
        alias_folded: Some("also".to_owned()),
        ..all[0].clone()
    };
    assert!(pages.put_folded_names(&renamed, NOW).await.unwrap());
    let found = |name: &str| {
        let (passwords, name) = (fresh.store.passwords(), FoldedLogin::parse(name).unwrap());
        async move {
            passwords
                .find(&realm(), &name)
                .await
                .unwrap()
                .map(|found| found.account.subject)
        }
    };
    fresh.store.passwords().set(first, "hash", false, NOW).await.unwrap();
    assert_eq!(found("third@x.dk").await, Some(first));
    for taken in ["second@x.dk", "third@x.dk"] {
        let of = if taken.starts_with("second") { &all[0] } else { &all[1] };
        for as_alias in [false, true] {
            let mut names = of.clone();
            match as_alias {
                true => names.alias_folded = Some(taken.to_owned()),
                false => names.login_folded = Some(taken.to_owned()),
            }
            assert!(!pages.put_folded_names(&names, NOW).await.unwrap(), "{taken}");
        }
    }
    assert!(
        fresh.store.accounts().create(account("also")).await.unwrap().is_none(),
        "an alias now"
    );
}
