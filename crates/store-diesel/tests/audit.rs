//! The audit log in real databases: written with what it describes, tampered with in every way, sealed by several nodes.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/audit.rs"]
mod audit;

use std::time::Duration;

use audit::Chain;
use auth_core::{FaultKind, SealError};
use store_diesel::Cluster;
use support::Fresh;
use support::things::{NOW, account, crowd, owner, session, token};

tests! {
    both {
        an_entry_is_written_with_its_change_or_not_at_all
        a_changed_entry_is_found
        a_removed_entry_is_found
        entries_that_changed_places_are_found
        an_added_entry_is_found
        a_number_that_is_used_again_is_found
        a_cut_off_end_is_found
        a_cut_off_end_whose_mark_was_put_back_is_found_by_an_anchor
        a_removed_beginning_is_found
        a_changed_seal_is_found
        a_removed_seal_is_found
        a_replaced_mark_is_found
        another_master_key_verifies_nothing
        a_sealer_adds_nothing_to_a_chain_that_was_set_back
        nodes_that_write_and_seal_at_once_make_one_chain
        another_node_goes_on_sealing
        old_entries_are_removed_beside_writers
    }
    postgres {
        an_open_transaction_delays_the_seal_and_loses_no_entry
        a_restored_dump_is_sealed_to_its_end
    }
}

/// What prevents the entry prevents the change, and what prevents the change prevents the entry.
async fn an_entry_is_written_with_its_change_or_not_at_all(fresh: Fresh) {
    let store = &fresh.store;
    let subject = owner(store, "workshop@email.dk").await;
    let id = store.tokens().insert(session(subject, 1)).await.unwrap().unwrap();
    let tables = ["tokens", "accounts", "passwords", "feed"];
    let state = async || {
        let mut counts = Vec::new();
        for table in tables {
            counts.push(fresh.count(&format!("SELECT count(*) FROM {table}")).await);
        }
        counts.push(
            fresh
                .count("SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL")
                .await,
        );
        counts.push(fresh.count("SELECT sum(generation) FROM accounts").await);
        counts.push(fresh.count("SELECT sum(refresh_rotations) FROM tokens").await);
        counts.push(fresh.count("SELECT count(*) FROM audit_entries").await);
        counts
    };
    let before = state().await;
    for table in ["audit_entries", "feed"] {
        fresh.run(&stop_inserts(&fresh, table)).await;
        let mut rotated = store
            .tokens()
            .find_session(&auth_core::Selector([1; 32]))
            .await
            .unwrap()
            .unwrap();
        let from = rotated.refresh.current;
        rotated.refresh.rotations += 1;
        if table == "audit_entries" {
            assert!(store.tokens().insert(token(subject)).await.is_err());
            assert!(store.tokens().find_or_insert(token(subject)).await.is_err());
            assert!(store.tokens().rotate(id, &from, &rotated.refresh).await.is_err());
            assert!(store.accounts().create(account("other")).await.is_err());
            assert!(store.passwords().set(subject, "hash", false, NOW).await.is_err());
        }
        assert!(store.tokens().revoke(id, NOW).await.is_err(), "{table}");
        assert!(store.token_admin().end_sessions(subject, NOW).await.is_err(), "{table}");
        assert!(
            store.accounts().set_disabled(subject, true, NOW).await.is_err(),
            "{table}"
        );
        assert!(
            store.passwords().set(subject, "hash", true, NOW).await.is_err(),
            "{table}"
        );
        assert_eq!(state().await, before, "{table}");
        fresh.run(&allow_inserts(&fresh, table)).await;
    }
    assert!(store.tokens().revoke(id, NOW).await.unwrap());
}

fn stop_inserts(fresh: &Fresh, table: &str) -> String {
    match fresh.is_sqlite() {
        true => format!("CREATE TRIGGER stop BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'stopped'); END"),
        false => format!(
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stopped''; END';
             CREATE TRIGGER stop BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION stop()"
        ),
    }
}

fn allow_inserts(fresh: &Fresh, table: &str) -> String {
    match fresh.is_sqlite() {
        true => "DROP TRIGGER stop".to_owned(),
        false => format!("DROP TRIGGER stop ON {table}; DROP FUNCTION stop()"),
    }
}

async fn a_changed_entry_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    let texts = [
        "event", "outcome", "actor", "command", "source", "request", "realm", "flavour", "detail",
    ];
    let columns = texts.iter().map(|column| (*column, "'forged'"));
    let numbers = [("at", "at + 1"), ("subject", "subject + 1"), ("token", "7")];
    for (column, value) in columns.chain(numbers) {
        fresh.run("CREATE TABLE kept AS SELECT * FROM audit_entries").await;
        fresh
            .run(&format!(
                "UPDATE audit_entries SET {column} = {value} WHERE sequence = 15"
            ))
            .await;
        assert_eq!(chain.first_fault().await, (FaultKind::Changed, Some(15)), "{column}");
        fresh
            .run("DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept; DROP TABLE kept")
            .await;
        assert_eq!(chain.faults().await, [], "{column}");
    }
}

async fn a_removed_entry_is_found(fresh: Fresh) {
    for sequence in [1, 15, 30] {
        let fresh = fresh.another().await;
        let chain = Chain::of_three_seals(&fresh).await;
        fresh
            .run(&format!("DELETE FROM audit_entries WHERE sequence = {sequence}"))
            .await;
        assert_eq!(chain.faults().await, [(FaultKind::Missing, Some(sequence))]);
    }
}

async fn entries_that_changed_places_are_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    let swap = "UPDATE audit_entries SET sequence = -1 WHERE sequence = 14;
                UPDATE audit_entries SET sequence = 14 WHERE sequence = 17;
                UPDATE audit_entries SET sequence = 17 WHERE sequence = -1";
    fresh.run(swap).await;
    let expected = [(FaultKind::Reordered, Some(14)), (FaultKind::Reordered, Some(17))];
    assert_eq!(chain.faults().await, expected);
}

/// Between the entries that were sealed, before the first of them, and in the place of one that never was.
async fn an_added_entry_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    for sequence in [0, -5] {
        let add = format!(
            "INSERT INTO audit_entries (sequence, written_by, at, event, outcome, actor)
             SELECT {sequence}, written_by, at, event, outcome, actor FROM audit_entries WHERE sequence = 15"
        );
        fresh.run(&add).await;
        assert_eq!(chain.faults().await, [(FaultKind::Added, Some(sequence))]);
        fresh
            .run(&format!("DELETE FROM audit_entries WHERE sequence = {sequence}"))
            .await;
    }
    fresh.run(&skip_numbers(&fresh, 40)).await;
    chain.append_and_seal(10).await;
    fresh
        .run(
            "INSERT INTO audit_entries (sequence, written_by, at, event, outcome, actor)
             SELECT 35, written_by, at, event, outcome, actor FROM audit_entries WHERE sequence = 15",
        )
        .await;
    assert_eq!(chain.faults().await, [(FaultKind::Added, Some(35))]);
}

/// Makes the next entry have the number after this one.
fn skip_numbers(fresh: &Fresh, last: i64) -> String {
    match fresh.is_sqlite() {
        true => format!("UPDATE sqlite_sequence SET seq = {last} WHERE name = 'audit_entries'"),
        false => format!("SELECT setval(pg_get_serial_sequence('audit_entries', 'sequence'), {last})"),
    }
}

/// The last entries are removed, the numbering is set back, and others take their numbers.
async fn a_number_that_is_used_again_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    fresh.run("DELETE FROM audit_entries WHERE sequence > 25").await;
    fresh.run(&skip_numbers(&fresh, 25)).await;
    chain.append(5).await;
    let faults = chain.faults().await;
    assert_eq!(faults.first(), Some(&(FaultKind::Changed, Some(26))), "{faults:?}");
}

async fn a_cut_off_end_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    fresh.run("DELETE FROM audit_entries WHERE sequence > 20").await;
    assert_eq!(chain.first_fault().await, (FaultKind::Missing, Some(21)));
    fresh.run("DELETE FROM audit_seals WHERE number = 3").await;
    assert_eq!(chain.faults().await, [(FaultKind::Truncated, None)]);
    fresh.run("DELETE FROM audit_marks WHERE name = 'end'").await;
    assert_eq!(chain.first_fault().await.0, FaultKind::MarkChanged);
}

async fn a_cut_off_end_whose_mark_was_put_back_is_found_by_an_anchor(fresh: Fresh) {
    let chain = Chain::new(&fresh);
    chain.append_and_seal(10).await;
    chain.append_and_seal(10).await;
    fresh.run("CREATE TABLE kept AS SELECT * FROM audit_marks").await;
    chain.append_and_seal(10).await;
    let anchor = chain.anchor().await;
    fresh
        .run(
            "DELETE FROM audit_entries WHERE sequence > 20; DELETE FROM audit_seals WHERE number = 3;
             DELETE FROM audit_marks; INSERT INTO audit_marks SELECT * FROM kept",
        )
        .await;
    assert_eq!(chain.faults().await, [], "the database alone does not show it");
    let faults = chain.faults_with(vec![anchor]).await;
    assert_eq!(faults, [(FaultKind::Truncated, None)]);
    // What comes in the place of what was cut off does not fit the anchor either.
    let other = Chain::new(&fresh);
    other.append_and_seal(7).await;
    let faults = chain.faults_with(vec![anchor]).await;
    assert_eq!(faults, [(FaultKind::AnchorDiffers, None)]);
}

async fn a_removed_beginning_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    fresh
        .run("DELETE FROM audit_entries WHERE sequence <= 10; DELETE FROM audit_seals WHERE number = 1")
        .await;
    assert_eq!(chain.faults().await, [(FaultKind::SealMissing, None)]);
    // As if the retention had removed it: the mark cannot be signed.
    fresh
        .run(
            "UPDATE audit_marks SET number = 1, entries = 10, mac = (SELECT mac FROM audit_seals WHERE number = 2)
             WHERE name = 'start'",
        )
        .await;
    assert_eq!(chain.first_fault().await.0, FaultKind::MarkChanged);
}

async fn a_changed_seal_is_found(fresh: Fresh) {
    let bytes = if fresh.is_sqlite() {
        "zeroblob"
    } else {
        "decode(repeat('00', 32), 'hex')"
    };
    let zeros = match fresh.is_sqlite() {
        true => format!("{bytes}(32)"),
        false => bytes.to_owned(),
    };
    let mut changes: Vec<String> = ["at", "entries", "settled", "floor", "highest"]
        .iter()
        .map(|column| format!("{column} = {column} + 1"))
        .collect();
    changes.push(format!("mac = {zeros}"));
    changes.push(format!("previous = {zeros}"));
    changes.push("links = (SELECT links FROM audit_seals WHERE number = 1)".to_owned());
    for change in changes {
        let fresh = fresh.another().await;
        let chain = Chain::of_three_seals(&fresh).await;
        fresh
            .run(&format!("UPDATE audit_seals SET {change} WHERE number = 2"))
            .await;
        assert_eq!(chain.first_fault().await.0, FaultKind::SealChanged, "{change}");
    }
    let chain = Chain::of_three_seals(&fresh).await;
    fresh.run("UPDATE audit_seals SET links = mac WHERE number = 2").await;
    assert_eq!(
        chain.first_fault().await.0,
        FaultKind::SealChanged,
        "a list that is none"
    );
}

async fn a_removed_seal_is_found(fresh: Fresh) {
    let chain = Chain::of_three_seals(&fresh).await;
    fresh.run("DELETE FROM audit_seals WHERE number = 2").await;
    assert_eq!(chain.first_fault().await.0, FaultKind::SealMissing);
}

async fn a_replaced_mark_is_found(fresh: Fresh) {
    for (name, change) in [("end", "number = 2"), ("end", "entries = 20"), ("start", "at = at + 1")] {
        let fresh = fresh.another().await;
        let chain = Chain::of_three_seals(&fresh).await;
        fresh
            .run(&format!("UPDATE audit_marks SET {change} WHERE name = '{name}'"))
            .await;
        assert_eq!(
            chain.faults().await,
            [(FaultKind::MarkChanged, None)],
            "{name} {change}"
        );
    }
    // One end in the place of the other.
    let chain = Chain::of_three_seals(&fresh).await;
    fresh
        .run("DELETE FROM audit_marks WHERE name = 'start'; UPDATE audit_marks SET name = 'start'")
        .await;
    assert_eq!(chain.first_fault().await.0, FaultKind::MarkChanged);
}

async fn another_master_key_verifies_nothing(fresh: Fresh) {
    Chain::of_three_seals(&fresh).await;
    let other = Chain::under(&fresh, 9);
    assert_eq!(other.first_fault().await.0, FaultKind::MarkChanged);
    assert!(matches!(other.seal().await, Err(SealError::Broken(_))));
}

/// The server that runs notices: what would be added would cover it up.
async fn a_sealer_adds_nothing_to_a_chain_that_was_set_back(fresh: Fresh) {
    let chain = Chain::new(&fresh);
    chain.append_and_seal(10).await;
    fresh.run("CREATE TABLE kept AS SELECT * FROM audit_marks").await;
    chain.append_and_seal(10).await;
    fresh
        .run(
            "DELETE FROM audit_entries WHERE sequence > 10; DELETE FROM audit_seals WHERE number = 2;
             DELETE FROM audit_marks; INSERT INTO audit_marks SELECT * FROM kept",
        )
        .await;
    chain.append(3).await;
    assert_eq!(
        chain.seal().await,
        Err(SealError::Broken("the end of the chain was set back"))
    );
    fresh.run("DELETE FROM audit_marks WHERE name = 'end'").await;
    assert_eq!(
        chain.seal().await,
        Err(SealError::Broken("the end of the chain was removed"))
    );
    let restarted = Chain::new(&fresh);
    assert!(restarted.seal().await.is_err(), "a restart does not cover it up either");
    restarted.restart().await;
    chain.append(3).await;
    chain.seal_until(17).await;
    assert_eq!(chain.faults().await, []);
}

async fn nodes_that_write_and_seal_at_once_make_one_chain(fresh: Fresh) {
    let nodes = [fresh.other_node().await, fresh.other_node().await];
    let subject = owner(&fresh.store, "workshop@email.dk").await;
    let sealers = [Chain::on(&nodes[0]), Chain::on(&nodes[1])];
    let sealing = sealers.map(|chain| {
        tokio::spawn(async move {
            for _ in 0..40 {
                chain.seal().await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    });
    let written = crowd(&nodes, 40, |node, _| async move {
        for _ in 0..10 {
            let id = node.tokens().insert(token(subject)).await.unwrap().unwrap();
            assert!(node.tokens().revoke(id, NOW).await.unwrap());
        }
    });
    written.await;
    for task in sealing {
        task.await.unwrap();
    }
    let chain = Chain::new(&fresh);
    chain.seal_until(1 + 40 * 10 * 2).await;
    assert_eq!(chain.faults().await, []);
}

async fn another_node_goes_on_sealing(fresh: Fresh) {
    let other = fresh.other_node().await;
    let (one, two) = (Chain::new(&fresh), Chain::on(&other));
    for _ in 0..3 {
        one.append_and_seal(5).await;
        two.append_and_seal(5).await;
    }
    drop(one);
    two.append_and_seal(5).await;
    assert_eq!(two.faults().await, []);
}

async fn old_entries_are_removed_beside_writers(fresh: Fresh) {
    let chain = Chain::new(&fresh);
    for _ in 0..5 {
        chain.append_and_seal(600).await;
    }
    let later = chain.now();
    let writer = fresh.other_node().await;
    let subject = owner(&fresh.store, "workshop@email.dk").await;
    let writing = tokio::spawn(async move {
        for _ in 0..50 {
            writer.tokens().insert(token(subject)).await.unwrap();
        }
    });
    let mut removed = 0;
    while let step @ 1.. = chain.purge(later).await {
        removed += step;
        assert_eq!(chain.faults().await, []);
    }
    writing.await.unwrap();
    // The last seal stays.
    assert_eq!(removed, 4 * 600);
    chain.seal_until(5 * 600 + 51).await;
    assert_eq!(chain.faults().await, []);
    assert_eq!(fresh.count("SELECT count(*) FROM audit_entries").await, 600 + 51);
}

/// A transaction that began first, and is committed last, is not passed over and not waited for in vain.
async fn an_open_transaction_delays_the_seal_and_loses_no_entry(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let chain = Chain::new(&fresh);
    chain.append_and_seal(5).await;
    let (client, connection) = tokio_postgres::connect(&fresh.url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
        .batch_execute(
            "BEGIN; INSERT INTO audit_entries (at, event, outcome, actor) VALUES (0, 'late', 'done', 'server')",
        )
        .await
        .unwrap();
    chain.append(5).await;
    for _ in 0..5 {
        assert_eq!(
            chain.seal().await.unwrap().entries,
            0,
            "an entry before them may still come"
        );
    }
    client.batch_execute("COMMIT").await.unwrap();
    chain.seal_until(11).await;
    assert_eq!(chain.faults().await, []);
    // One that is rolled back is a number that no entry has.
    client
        .batch_execute(
            "BEGIN; INSERT INTO audit_entries (at, event, outcome, actor) VALUES (0, 'never', 'done', 'server'); ROLLBACK",
        )
        .await
        .unwrap();
    chain.append_and_seal(5).await;
    assert_eq!(chain.faults().await, []);
}

/// A dump is restored into another cluster, where transactions have lower numbers than in the one it was taken from: what was
/// not sealed there is sealed here, and so is what is written here.
async fn a_restored_dump_is_sealed_to_its_end(cluster: &'static Cluster) {
    let there = Fresh::postgres(cluster).await;
    let (client, connection) = tokio_postgres::connect(&there.url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let burn = "DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$";
    client.batch_execute(burn).await.unwrap();
    let chain = Chain::new(&there);
    chain.append_and_seal(10).await;
    chain.append(5).await;
    let new_cluster = Cluster::start(&[]).unwrap();
    let here = Fresh::postgres(&new_cluster).await;
    for table in ["audit_entries", "audit_seals", "audit_marks"] {
        let rows = format!(
            "SELECT string_agg(format('INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, %L)',
                                      row_to_json(t)), ';') FROM {table} AS t"
        );
        here.run(&there.text(&rows).await).await;
    }
    here.run(&skip_numbers(&here, 15)).await;
    let restored = Chain::new(&here);
    restored.append(5).await;
    restored.seal_until(20).await;
    restored.append_and_seal(5).await;
    assert_eq!(restored.faults().await, []);
    assert_eq!(here.count("SELECT max(floor) FROM audit_seals").await, 15);
}
