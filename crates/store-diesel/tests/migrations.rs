//! The way up, the way down, several at once, and tables of a later version; on both databases.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use auth_core::{Selector, TokenDigest};
use consumer_auth::ClientsOf;
use store_diesel::{ConnectError, DieselStore, Migrator, StoreOptions};
use support::Fresh;
use support::things::{CONSUMER, NOW, client, organisation, owner, session};

tests! {
    both {
        up_and_down_and_up_again
        the_tables_do_not_change_when_they_are_up_to_date
        several_starters_apply_each_migration_once
        tables_of_a_later_version_are_refused_and_not_written_to
        tables_of_a_later_version_that_lets_older_ones_stay_are_worked_on
        the_migration_that_a_program_must_know_is_written_down
        missing_migrations_are_refused_where_they_may_not_be_applied
        a_selector_that_was_stored_as_it_is_becomes_its_digest_once
        an_upgrade_records_that_any_partner_may_have_vouched
    }
    other {
        a_migration_under_a_node_is_no_other_database
        tables_that_others_changed_are_another_database
        several_starters_make_one_new_file
    }
}

async fn up_and_down_and_up_again(fresh: Fresh) {
    let before = tables(&fresh).await;
    let migrator = migrator(&fresh).await;
    let all = migrator.applied().await.unwrap();
    let mut reverted = Vec::new();
    while let Some(name) = migrator.revert().await.unwrap() {
        reverted.push(name);
    }
    assert_eq!(reverted.len(), all.len());
    assert_eq!(tables(&fresh).await, ["__diesel_schema_migrations"]);
    reverted.reverse();
    assert_eq!(migrator.apply().await.unwrap(), reverted);
    assert_eq!(tables(&fresh).await, before);
    assert_eq!(migrator.applied().await.unwrap(), all);
    owner(&fresh.store, "workshop@email.dk").await;
}

async fn the_tables_do_not_change_when_they_are_up_to_date(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    assert!(migrator(&fresh).await.apply().await.unwrap().is_empty());
    let again = fresh.other_node().await;
    assert!(again.accounts().find(owner).await.unwrap().is_some());
}

async fn several_starters_apply_each_migration_once(fresh: Fresh) {
    let migrator = migrator(&fresh).await;
    let count = migrator.applied().await.unwrap().len();
    for _ in 0..3 {
        while migrator.revert().await.unwrap().is_some() {}
        let starters = (0..5).map(|_| {
            let url = fresh.url.clone();
            tokio::spawn(async move { DieselStore::connect(&url, &StoreOptions::patient()).await })
        });
        for starter in starters.collect::<Vec<_>>() {
            starter.await.unwrap().unwrap();
        }
        assert_eq!(migrator.applied().await.unwrap().len(), count);
    }
}

/// The file, its journal and its tables are all new.
async fn several_starters_make_one_new_file() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("new.db").display());
        let starters = (0..5).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { DieselStore::connect(&url, &StoreOptions::patient()).await })
        });
        for starter in starters.collect::<Vec<_>>() {
            starter.await.unwrap().unwrap();
        }
    }
}

async fn tables_of_a_later_version_are_refused_and_not_written_to(fresh: Fresh) {
    fresh
        .run(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000');
             DELETE FROM __diesel_schema_migrations WHERE version = (SELECT min(version) FROM __diesel_schema_migrations)",
        )
        .await;
    let before = tables(&fresh).await;
    let refused = DieselStore::connect(&fresh.url, &StoreOptions::patient())
        .await
        .unwrap_err();
    assert_eq!(refused, ConnectError::Newer("29990101000000".to_owned()));
    assert!(refused.to_string().contains("29990101000000"), "{refused}");
    assert_eq!(tables(&fresh).await, before);
    let applied = migrator(&fresh).await.applied().await.unwrap();
    assert_eq!(applied.last().unwrap(), "29990101000000");
}

/// As a later version leaves it whose migration has only added something.
async fn tables_of_a_later_version_that_lets_older_ones_stay_are_worked_on(fresh: Fresh) {
    let all = migrator(&fresh).await.applied().await.unwrap();
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
    fresh.run(later).await;
    let owner = owner(&fresh.other_node().await, "workshop@email.dk").await;
    let again = fresh.other_node().await;
    assert!(again.accounts().find(owner).await.unwrap().is_some());
    assert_eq!(migrator(&fresh).await.newer().await.unwrap(), ["29990101000000"]);
    assert!(migrator(&fresh).await.apply().await.unwrap().is_empty());
    // Now one whose migration stopped them.
    put_needs(&fresh, "29990101000000").await;
    let refused = DieselStore::connect(&fresh.url, &StoreOptions::patient()).await;
    assert!(matches!(refused, Err(ConnectError::Newer(_))), "{refused:?}");
    // One that has written nothing down, and one whose name for it is older than what is applied.
    put_needs(&fresh, "").await;
    let refused = DieselStore::connect(&fresh.url, &StoreOptions::patient()).await;
    assert!(matches!(refused, Err(ConnectError::Newer(_))), "{refused:?}");
    put_needs(&fresh, &all[0]).await;
    DieselStore::connect(&fresh.url, &StoreOptions::patient())
        .await
        .unwrap();
}

async fn put_needs(fresh: &Fresh, version: &str) {
    let hex: String = version.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes = match fresh.is_sqlite() {
        true => format!("X'{hex}'"),
        false => format!("decode('{hex}', 'hex')"),
    };
    let put = format!("UPDATE meta SET value = {bytes} WHERE name = 'schema_needs'");
    fresh.run(&put).await;
}

/// What every program must know is written down by whatever applies or takes back a migration.
async fn the_migration_that_a_program_must_know_is_written_down(fresh: Fresh) {
    let needs = async || {
        let value = fresh.store.meta().value("schema_needs").await.unwrap();
        String::from_utf8(value.unwrap()).unwrap()
    };
    assert_eq!(needs().await, "20261126000010");
    let migrator = migrator(&fresh).await;
    let expected = [
        "20261126000010",
        "20261126000010",
        "20261126000010",
        "20261126000010",
        "20261126000008",
        "20261126000008",
    ];
    for expected in expected {
        migrator.revert().await.unwrap();
        assert_eq!(needs().await, expected);
    }
    let pending = migrator.pending().await.unwrap();
    let may_stay: Vec<bool> = pending.iter().map(|one| one.older_may_stay).collect();
    assert_eq!(may_stay, [true, false, true, true, true, true]);
    migrator.apply().await.unwrap();
    assert_eq!(needs().await, "20261126000010");
}

async fn missing_migrations_are_refused_where_they_may_not_be_applied(fresh: Fresh) {
    let migrator = migrator(&fresh).await;
    migrator.revert().await.unwrap();
    migrator.revert().await.unwrap();
    let mut options = StoreOptions::patient();
    options.migrate = false;
    let refused = DieselStore::connect(&fresh.url, &options).await.unwrap_err();
    assert_eq!(refused, ConnectError::Pending(2));
    migrator.apply().await.unwrap();
    DieselStore::connect(&fresh.url, &options).await.unwrap();
}

/// Of a session that began before selectors were digested.
async fn a_selector_that_was_stored_as_it_is_becomes_its_digest_once(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let tokens = fresh.store.tokens();
    let id = tokens.insert(session(owner, 1)).await.unwrap();
    let migrator = migrator(&fresh).await;
    for _ in 0..2 {
        while !migrator.revert().await.unwrap().unwrap().contains("000007_digest") {}
        let (before, bytes) = ("0707070707070707".repeat(2), [7; 16]);
        let raw = match fresh.is_sqlite() {
            true => format!("x'{before}'"),
            false => format!("'\\x{before}'::bytea"),
        };
        fresh.run(&format!("UPDATE tokens SET refresh_selector = {raw}")).await;
        migrator.apply().await.unwrap();
        let digest = Selector(*TokenDigest::of(&bytes).as_bytes());
        let found = tokens.find_session(&digest).await.unwrap().unwrap();
        assert_eq!(Some(found.token.id), id);
        // Taken back and applied again, it is not digested twice.
        while !migrator.revert().await.unwrap().unwrap().contains("000007_digest") {}
        migrator.apply().await.unwrap();
        assert_eq!(tokens.find_session(&digest).await.unwrap(), Some(found));
    }
}

/// Before it was recorded, any consumer of an organisation may have obtained any of its clients' tokens.
async fn an_upgrade_records_that_any_partner_may_have_vouched(fresh: Fresh) {
    organisation(&fresh.store).await;
    let consumers = fresh.store.consumers();
    let token = TokenDigest::of(b"token");
    assert!(consumers.put_consumer("second", &token, 171, NOW).await.unwrap());
    let found = consumers.find_or_create_client(client("a@example.com")).await;
    let client = found.unwrap().expect("an enabled consumer").subject;
    owner(&fresh.store, "workshop@email.dk").await;
    let migrator = migrator(&fresh).await;
    while !migrator
        .revert()
        .await
        .unwrap()
        .expect("it is there")
        .contains("000008")
    {}
    migrator.apply().await.unwrap();
    for key in [CONSUMER, "second"] {
        let of = ClientsOf::Consumer(key.into());
        assert_eq!(consumers.clients(&of, None, 10).await.unwrap(), [client], "{key}");
    }
}

async fn migrator(fresh: &Fresh) -> Migrator {
    Migrator::connect(&fresh.url, &StoreOptions::patient()).await.unwrap()
}

async fn tables(fresh: &Fresh) -> Vec<String> {
    let list = match fresh.is_sqlite() {
        true => {
            "SELECT group_concat(name) FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
        }
        false => {
            "SELECT string_agg(relname, ',') FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname NOT LIKE '%pkey'"
        }
    };
    let found = fresh.text(list).await;
    let mut tables: Vec<String> = found.split(',').map(str::to_owned).collect();
    tables.sort();
    tables
}

/// What the feed says of itself.
async fn identity(store: &DieselStore) -> String {
    store.tokens().feed_state().await.unwrap().identity
}

/// Else every node would refuse every check for a moment, in an upgrade that promises to fail no request.
async fn a_migration_under_a_node_is_no_other_database() {
    let fresh = Fresh::file().await;
    let (running, migrator) = (identity(&fresh.store).await, migrator(&fresh).await);
    migrator.revert().await.unwrap().unwrap();
    assert_eq!(identity(&fresh.store).await, running);
    migrator.apply().await.unwrap();
    assert_eq!(identity(&fresh.store).await, running);
    assert_eq!(identity(&fresh.other_node().await).await, running);
}

/// A copy that is restored over the tables makes the number of their schema one higher, as any change does that is no migration's.
async fn tables_that_others_changed_are_another_database() {
    let fresh = Fresh::file().await;
    let mut known = vec![identity(&fresh.store).await];
    let mut is_new = async |store: &DieselStore| {
        let now = identity(store).await;
        assert!(!known.contains(&now), "{now} of {known:?}");
        known.push(now);
    };
    fresh.run("CREATE TABLE of_others (id INTEGER)").await;
    is_new(&fresh.store).await;
    // A node that starts gives them a name. Another that runs has read nothing of them meanwhile, and must not take it for the old one.
    let other = fresh.other_node().await;
    is_new(&other).await;
    // A copy of a version that wrote no mark.
    fresh.run("DELETE FROM meta WHERE name = 'schema_mark'").await;
    is_new(&other).await;
    drop(fresh.other_node().await);
    is_new(&other).await;
}
