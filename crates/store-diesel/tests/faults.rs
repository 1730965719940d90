//! Callers that hang up, databases that are busy, slow or gone, rows that are damaged.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use std::time::Duration;

use auth_core::{NewToken, StoreError, TokenDigest};
use keystore::EmergencyOutcome;
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{HOUR, NOW, account, crowd, generation, key, owner, session, token};

tests! {
    both {
        a_caller_who_hangs_up_leaves_nothing_half_done
        a_damaged_row_hurts_one_only
        a_change_of_keys_that_fails_halfway_changes_nothing
        a_change_whose_commit_is_refused_is_not_done
        nothing_of_a_secret_is_told_by_an_error
        it_answers
        a_database_that_is_only_read_is_noticed
    }
    postgres {
        a_commit_that_was_not_answered_may_have_been_done
        waiting_for_a_connection_is_bounded
        a_slow_server_is_given_up_on
        a_database_that_went_away_is_used_again_when_it_is_back
    }
    other {
        a_commit_that_fails_is_of_unknown_outcome
        a_full_disk_leaves_nothing_half_done
        no_secret_is_in_the_file
        a_new_file_is_its_owners_alone
        a_file_that_another_process_writes_is_busy_and_readable
        a_server_that_is_not_there_is_said_to_be
    }
}

async fn a_caller_who_hangs_up_leaves_nothing_half_done(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    for round in 0..40 {
        let (tokens, passwords) = (fresh.store.tokens(), fresh.store.passwords());
        let set = tokio::spawn(async move { passwords.set(owner, "hash", true, NOW).await });
        let insert = tokio::spawn(async move { tokens.insert(token(owner)).await });
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        set.abort();
        insert.abort();
    }
    // Every operation that began has ended, and no connection is stuck in what it left.
    let nodes = [fresh.store.clone(), fresh.store.clone()];
    let made = crowd(&nodes, 40, |node, caller| async move {
        node.accounts().create(account(&format!("account-{caller}"))).await
    });
    assert!(made.await.into_iter().all(|made| made.unwrap().is_some()));
    let generation = fresh
        .count(&format!("SELECT generation FROM accounts WHERE id = {owner}"))
        .await;
    let published = fresh.count("SELECT count(*) FROM feed WHERE kind = 'superseded'").await;
    assert_eq!(
        generation, published,
        "a generation and its entry in the feed come together"
    );
}

/// A statement returns its rows before its transaction is over, and a commit can fail after that: where a disk breaks, or
/// where a constraint is checked at the end, as here.
async fn a_change_whose_commit_is_refused_is_not_done(fresh: Fresh) {
    let tokens = fresh.store.tokens();
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let id = tokens.insert(session(owner, 1)).await.unwrap().unwrap();
    let (from, to) = (generation(1, 0).current, generation(1, 1));
    fresh.run(&refused_at_the_commit(&fresh)).await;

    let inserted = tokens.insert(token(owner)).await;
    assert!(inserted.is_err(), "{inserted:?}");
    let rotated = tokens.rotate(id, &from, &to).await;
    assert!(rotated.is_err(), "{rotated:?}");
    let revoked = tokens.revoke(id, NOW).await;
    assert!(revoked.is_err(), "{revoked:?}");
    let purged = tokens.purge(NOW.plus(2 * HOUR), 10).await;
    assert!(purged.is_err(), "{purged:?}");

    assert_eq!(fresh.count("SELECT count(*) FROM tokens").await, 1);
    assert!(tokens.find(id).await.unwrap().is_some());
    let unchanged = tokens.find_session(&generation(1, 0).selector).await.unwrap().unwrap();
    assert_eq!(unchanged.refresh, generation(1, 0));
}

/// Statements after which every change of a token breaks a reference, which is looked at when the change is committed.
fn refused_at_the_commit(fresh: &Fresh) -> String {
    let tables = "CREATE TABLE wanted (id BIGINT PRIMARY KEY);
        CREATE TABLE broken (id BIGINT REFERENCES wanted (id) DEFERRABLE INITIALLY DEFERRED);";
    let events = ["INSERT", "UPDATE", "DELETE"];
    let break_it = "INSERT INTO broken VALUES (1);";
    let triggers = events.map(|event| match fresh.is_sqlite() {
        true => format!("CREATE TRIGGER break_{event} AFTER {event} ON tokens BEGIN {break_it} END;"),
        false => {
            format!("CREATE TRIGGER break_{event} AFTER {event} ON tokens FOR EACH ROW EXECUTE FUNCTION break_it();")
        }
    });
    let function = match fresh.is_sqlite() {
        true => String::new(),
        false => format!(
            "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {break_it} RETURN NULL; END';"
        ),
    };
    [tables, &function, &triggers.concat()].concat()
}

/// A stolen key must not go on verifying, nor the key that signs end, since the second of two statements failed.
async fn a_change_of_keys_that_fails_halfway_changes_nothing(fresh: Fresh) {
    let keys = fresh.store.keys();
    assert!(keys.insert_first(&key("old", "shops/EdDSA")).await.unwrap());
    let before = keys.keys().await.unwrap();
    let new = key("new", "shops/EdDSA");
    for event in ["INSERT", "UPDATE"] {
        let stop = match fresh.is_sqlite() {
            true => format!("CREATE TRIGGER stop BEFORE {event} ON vault BEGIN SELECT RAISE(ABORT, 'stopped'); END"),
            false => format!(
                "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stopped''; END';
                 CREATE TRIGGER stop BEFORE {event} ON vault FOR EACH ROW EXECUTE FUNCTION stop()"
            ),
        };
        fresh.run(&stop).await;
        assert!(keys.rotate(&new, NOW.plus(HOUR)).await.is_err(), "{event}");
        assert!(keys.emergency(&new, NOW).await.is_err(), "{event}");
        assert!(
            keys.replace_all(std::slice::from_ref(&new), NOW).await.is_err(),
            "{event}"
        );
        assert_eq!(keys.keys().await.unwrap(), before, "{event}");
        fresh
            .run(match fresh.is_sqlite() {
                true => "DROP TRIGGER stop",
                false => "DROP TRIGGER stop ON vault; DROP FUNCTION stop()",
            })
            .await;
    }
    assert!(matches!(
        keys.emergency(&new, NOW).await.unwrap(),
        EmergencyOutcome::Replaced(_)
    ));
}

async fn a_damaged_row_hurts_one_only(fresh: Fresh) {
    let store = &fresh.store;
    let (one, other) = (owner(store, "one").await, owner(store, "other").await);
    let bad = store.tokens().insert(session(one, 1)).await.unwrap().unwrap();
    let good = store.tokens().insert(session(other, 2)).await.unwrap().unwrap();
    let bytes = if fresh.is_sqlite() { "x'0102'" } else { "'\\x0102'" };
    let corrupt = |outcome: Result<bool, StoreError>| matches!(outcome, Err(StoreError::Corrupt(_)));

    fresh
        .run(&format!("UPDATE tokens SET digest = {bytes} WHERE id = {bad}"))
        .await;
    let error = store.tokens().find(bad).await.unwrap_err();
    assert!(error.to_string().contains(&format!("token {bad}")), "{error}");
    fresh
        .run(&format!(
            "UPDATE tokens SET digest = NULL, refresh_current = {bytes} WHERE id = {bad}"
        ))
        .await;
    let family = generation_of(1);
    assert!(corrupt(
        store.tokens().find_session(&family).await.map(|found| found.is_some())
    ));
    fresh
        .run(&format!("UPDATE tokens SET scopes = '[\"a\"' WHERE id = {bad}"))
        .await;
    assert!(store.tokens().find(bad).await.unwrap().unwrap().scopes.is_empty());
    fresh
        .run(&format!("UPDATE accounts SET attributes = 'null' WHERE id = {one}"))
        .await;
    assert!(corrupt(store.accounts().find(one).await.map(|found| found.is_some())));

    assert!(store.tokens().find(good).await.unwrap().is_some());
    assert!(store.tokens().find_session(&generation_of(2)).await.unwrap().is_some());
    assert!(store.accounts().find(other).await.unwrap().is_some());
}

fn generation_of(family: u8) -> auth_core::Selector {
    support::things::generation(family, 0).selector
}

async fn nothing_of_a_secret_is_told_by_an_error(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let label = "canary-label".to_owned();
    let new = NewToken {
        label: Some(label),
        ..session(owner, 1)
    };
    fresh.store.tokens().insert(new.clone()).await.unwrap();
    let error = fresh.store.tokens().insert(new).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    assert!(!format!("{:?}", fresh.store).contains("tessera.db"));
}

async fn it_answers(fresh: Fresh) {
    fresh.store.ping().await.unwrap();
}

/// A node like this is not ready, and says so: nobody could sign in or out.
async fn a_database_that_is_only_read_is_noticed(fresh: Fresh) {
    fresh.store.check_writing().await.unwrap();
    let mut options = StoreOptions::default();
    options.connections = 1;
    let store = DieselStore::connect(&fresh.url, &options).await.unwrap();
    let only_read = match fresh.is_sqlite() {
        true => "PRAGMA query_only = 1",
        false => "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    };
    store.dangerous_execute(only_read).await.unwrap();
    store.ping().await.unwrap();
    let outcome = store.check_writing().await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

/// The statements went well and the commit did not, as where the disk refuses to sync: it may be on the disk all the same.
async fn a_commit_that_fails_is_of_unknown_outcome() {
    let fresh = Fresh::file().await;
    fresh
        .run("CREATE TABLE pets (owner INTEGER REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)")
        .await;
    let outcome = fresh.store.dangerous_execute("INSERT INTO pets VALUES (7)").await;
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    assert_eq!(fresh.count("SELECT count(*) FROM pets").await, 0);
    owner(&fresh.store, "workshop@email.dk").await;
}

/// Operations that wait share a transaction. Where it fails halfway, what was answered as done is there, and what was
/// not is not.
async fn a_full_disk_leaves_nothing_half_done() {
    let fresh = Fresh::file().await;
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let pages = fresh.count("SELECT page_count FROM pragma_page_count").await;
    fresh.run(&format!("PRAGMA max_page_count = {}", pages + 8)).await;
    let nodes = [fresh.store.clone(), fresh.store.clone()];
    let (mut done, mut failed) = (0, 0);
    for _ in 0..10 {
        let made = crowd(&nodes, 64, |node, caller| async move {
            let size = if caller % 7 == 0 { 5_000 } else { 10 };
            let label = Some("x".repeat(size));
            node.tokens().insert(NewToken { label, ..token(owner) }).await
        });
        for outcome in made.await {
            match outcome {
                Ok(Some(id)) => {
                    done += 1;
                    assert_eq!(
                        fresh
                            .count(&format!("SELECT count(*) FROM tokens WHERE id = {id}"))
                            .await,
                        1
                    );
                }
                Ok(None) => panic!("refused"),
                Err(_) => failed += 1,
            }
        }
    }
    assert!(done > 0 && failed > 0, "{done} done, {failed} failed");
    assert_eq!(fresh.count("SELECT count(*) FROM tokens").await, done);
    fresh.run("PRAGMA max_page_count = 100000").await;
    assert!(fresh.store.tokens().insert(token(owner)).await.unwrap().is_some());
}

/// The server dies while it commits: nobody can say whether it did.
async fn a_commit_that_was_not_answered_may_have_been_done(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let id = fresh.store.tokens().insert(token(owner)).await.unwrap().unwrap();
    fresh
        .run(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END';
             CREATE CONSTRAINT TRIGGER die AFTER INSERT ON feed DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION die()",
        )
        .await;
    let outcome = fresh.store.tokens().revoke(id, NOW).await;
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    fresh.run("DROP TRIGGER die ON feed").await;
    assert!(fresh.store.tokens().revoke(id, NOW).await.unwrap());
}

async fn no_secret_is_in_the_file() {
    let fresh = Fresh::file().await;
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let canary = b"canary-4f1d8a2b7c";
    let new = NewToken {
        digest: Some(TokenDigest::of(canary)),
        key: Some(TokenDigest::of(canary)),
        ..session(owner, 1)
    };
    let id = fresh.store.tokens().insert(new).await.unwrap().unwrap();
    support::things::organisation(&fresh.store).await;
    let (consumers, token) = (fresh.store.consumers(), TokenDigest::of(canary));
    assert!(consumers.put_consumer("key", &token, 171, NOW).await.unwrap());
    fresh.store.tokens().revoke(id, NOW).await.unwrap();
    let bytes = fresh.bytes();
    let hexadecimal: String = canary.iter().map(|byte| format!("{byte:02x}")).collect();
    for form in [&canary[..], hexadecimal.as_bytes()] {
        assert!(!bytes.windows(form.len()).any(|window| window == form));
    }
    let digest = TokenDigest::of(canary);
    assert!(
        bytes.windows(32).any(|window| window == digest.as_bytes()),
        "the digest is there"
    );
}

async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let fresh = Fresh::file().await;
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    for companion in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{path}{companion}"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{companion}");
    }
}

/// What only reads goes on while another process has the file to itself for writing.
async fn a_file_that_another_process_writes_is_busy_and_readable() {
    use diesel::connection::{Connection, SimpleConnection};
    let fresh = Fresh::file().await;
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let path = fresh.url.strip_prefix("sqlite:").unwrap();
    let mut other = diesel::SqliteConnection::establish(path).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut options = StoreOptions::default();
    options.wait = Duration::from_millis(50);
    let hasty = DieselStore::connect(&fresh.url, &options).await.unwrap();
    let (tokens, accounts) = (hasty.tokens(), hasty.accounts());
    let inserts = (tokens.insert(token(owner)), tokens.insert(token(owner)));
    let (first, second, read) = tokio::join!(inserts.0, inserts.1, accounts.find(owner));
    assert!(read.unwrap().is_some());
    for outcome in [first, second] {
        assert!(matches!(outcome, Err(StoreError::Busy(_))), "{outcome:?}");
    }
    other.batch_execute("ROLLBACK").unwrap();
    assert!(hasty.tokens().insert(token(owner)).await.unwrap().is_some());
    assert_eq!(
        fresh.count("SELECT count(*) FROM tokens").await,
        1,
        "what was busy was not done"
    );
}

async fn a_server_that_is_not_there_is_said_to_be() {
    let url = "postgres://me:canary@127.0.0.1:1/tessera";
    let error = DieselStore::connect(url, &StoreOptions::default()).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Store(StoreError::Unavailable(_))),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("canary"));
}

async fn waiting_for_a_connection_is_bounded(cluster: &'static Cluster) {
    let mut options = StoreOptions::default();
    (options.connections, options.wait) = (1, Duration::from_millis(50));
    let store = DieselStore::connect(&cluster.database(), &options).await.unwrap();
    let slow = store.clone();
    let slow = tokio::spawn(async move { slow.dangerous_text("SELECT pg_sleep(1)::text").await });
    let mut busy = false;
    while !slow.is_finished() {
        busy |= matches!(store.ping().await, Err(StoreError::Busy(_)));
    }
    assert!(busy);
    store.ping().await.unwrap();
}

async fn a_slow_server_is_given_up_on(cluster: &'static Cluster) {
    let mut options = StoreOptions::default();
    options.deadline = Duration::from_millis(400);
    let store = DieselStore::connect(&cluster.database(), &options).await.unwrap();
    let outcome = store.dangerous_text("SELECT pg_sleep(60)::text").await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    store.ping().await.unwrap();
}

async fn a_database_that_went_away_is_used_again_when_it_is_back(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let name = fresh.url.rsplit('/').next().unwrap();
    let end_all = format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = '{name}' AND backend_type = 'client backend'"
    );
    let allow = |allow: bool| cluster.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allow}"));

    allow(false);
    cluster.execute(&end_all);
    for _ in 0..3 {
        let outcome = fresh.store.tokens().insert(token(owner)).await;
        let gone = matches!(outcome, Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_)));
        assert!(gone, "{outcome:?}");
    }
    allow(true);
    assert!(fresh.store.tokens().insert(token(owner)).await.unwrap().is_some());

    cluster.execute(&end_all);
    // What only reads is asked again on another connection, even before the loss was noticed.
    assert!(fresh.store.accounts().find(owner).await.unwrap().is_some());

    let id = fresh.store.tokens().insert(token(owner)).await.unwrap().unwrap();
    cluster.execute(&end_all);
    // So is a transaction, before it is committed.
    assert!(fresh.store.tokens().revoke(id, NOW).await.unwrap());
}
