//! The feed of revocations: nothing delays it, and a database that is not the one that was read is noticed.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Change, Generation, RegistryLimits, Rejection, SessionRef, Subject, TokenId, TokenRegistry, VerifyError,
};
use diesel::connection::{Connection, SimpleConnection};
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{HOUR, NOW, owner, token};
use testkit::ManualClock;

tests! {
    both {
        the_feed_is_read_while_other_reads_hang
        a_damaged_entry_hides_no_other
        rows_restored_over_the_old_ones_are_noticed
    }
    postgres {
        a_late_entry_of_a_quiet_database_is_not_missed
        rows_restored_into_emptied_tables_are_another_feed
        a_restored_database_is_another_feed
        a_standby_has_no_feed_and_a_promoted_one_has_another
        an_open_transaction_is_told
    }
    other {
        a_file_that_is_restored_under_a_node_is_read_anew
        a_file_that_is_gone_is_not_made_again
    }
}

const REVOKED: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Revoked));

/// One connection for everything else, and it hangs: what was revoked is read all the same.
async fn the_feed_is_read_while_other_reads_hang(fresh: Fresh) {
    let mut options = StoreOptions::patient();
    (options.readers, options.connections, options.wait) = (1, 1, Duration::from_millis(50));
    let store = DieselStore::connect(&fresh.url, &options).await.unwrap();
    let slow = "SELECT CAST(pg_sleep(1) AS TEXT)";
    let hanging = store.clone();
    let hanging = tokio::spawn(async move { hanging.dangerous_text(slow).await });
    let mut read = false;
    while !hanging.is_finished() {
        let others_hang = store.ping().await.is_err();
        let tokens = store.tokens();
        // A busy machine may refuse one of them.
        let answers = (tokens.feed_state().await.is_ok(), tokens.changes(0, 10).await.is_ok());
        let keys = store.keys().keys().await.is_ok();
        // Others still hang, so the feed had no part of what they wait for.
        read |= others_hang && answers == (true, true) && keys && store.ping().await.is_err();
    }
    hanging.await.unwrap().unwrap();
    assert!(read);
}

/// As a dump of the rows alone is restored while servers run: nothing was revoked since the copy was made, and one token
/// more was issued.
async fn rows_restored_over_the_old_ones_are_noticed(fresh: Fresh) {
    let node = Node::new(&fresh.store).await;
    let (stays, gone) = (node.token().await, node.token().await);
    for id in [stays, gone] {
        node.registry.live(id).await.unwrap();
    }
    node.registry.sync().await.unwrap();
    fresh.run(&format!("DELETE FROM tokens WHERE id = {gone}")).await;
    let numbers_again = match fresh.is_sqlite() {
        true => format!("UPDATE sqlite_sequence SET seq = {stays} WHERE name = 'tokens'"),
        false => format!("SELECT setval(pg_get_serial_sequence('tokens', 'id'), {stays})"),
    };
    fresh.run(&numbers_again).await;
    node.sync().await;
    let refused = node.registry.live(gone).await;
    assert!(
        matches!(refused, Err(VerifyError::Rejected(Rejection::Unknown))),
        "{refused:?}"
    );
    assert!(node.registry.live(stays).await.is_ok());
}

/// A damaged entry, and one of a later version's kind, may be any change: what they concern is read anew.
async fn a_damaged_entry_hides_no_other(fresh: Fresh) {
    let node = Node::new(&fresh.store).await;
    let ids = [node.token().await, node.token().await, node.token().await];
    for id in ids {
        node.registry.live(id).await.unwrap();
        node.revoke(id).await;
    }
    let nullable = match fresh.is_sqlite() {
        // Otherwise a row would be refused as it is written.
        true => {
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'feed';
             PRAGMA writable_schema = RESET"
        }
        false => "ALTER TABLE feed ALTER kind DROP NOT NULL, ALTER until DROP NOT NULL",
    };
    fresh.run(nullable).await;
    fresh
        .run(&format!(
            "UPDATE feed SET kind = NULL, until = NULL WHERE token_id = {}",
            ids[0]
        ))
        .await;
    fresh
        .run(&format!(
            "UPDATE feed SET kind = 'of-later' WHERE token_id = {}",
            ids[1]
        ))
        .await;
    node.registry.sync().await.unwrap();
    let changes = node.registry.store().changes(0, 10).await.unwrap();
    let changes: Vec<Change> = changes.into_iter().map(|entry| entry.change).collect();
    assert_eq!(changes, [Change::Unreadable, Change::Unreadable, Change::Ended(ids[2])]);
    assert_eq!(node.judge(ids[2]), REVOKED);
    for id in ids {
        let refused = node.registry.live(id).await;
        assert!(matches!(refused, Err(VerifyError::Rejected(_))), "{id}: {refused:?}");
    }
    assert!(node.registry.live(node.token().await).await.is_ok());
}

/// A node on a store.
struct Node {
    registry: TokenRegistry,
    clock: Arc<ManualClock>,
    owner: Subject,
}

impl Node {
    async fn new(store: &DieselStore) -> Self {
        let clock = Arc::new(ManualClock::new());
        clock.set(NOW);
        let registry = TokenRegistry::new(store.tokens(), clock.clone(), RegistryLimits::default());
        registry.sync().await.unwrap();
        let owner = owner(store, "workshop@email.dk").await;
        Self { registry, clock, owner }
    }

    async fn token(&self) -> TokenId {
        let id = self.registry.store().insert(token(self.owner)).await.unwrap();
        id.unwrap()
    }

    fn judge(&self, id: TokenId) -> Result<(), VerifyError> {
        self.registry.refuse_ended(&SessionRef {
            id,
            generation: Generation(0),
            subject: self.owner,
        })
    }

    /// After a reading of the feed.
    async fn judge_now(&self, id: TokenId) -> Result<(), VerifyError> {
        self.registry.sync().await.unwrap();
        self.judge(id)
    }

    /// Revoked by another node.
    async fn revoke(&self, id: TokenId) {
        assert!(self.registry.store().revoke(id, NOW).await.unwrap());
    }

    /// Reads the feed until it can be read again.
    async fn sync(&self) {
        for _ in 0..1000 {
            if self.registry.sync().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.registry.sync().await.unwrap();
    }
}

/// As an operator does it: the copy takes the file's place, and the log that belongs to the old one goes.
fn put_in_place(copy: &Path, file: &str) {
    for companion in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{file}{companion}")).unwrap();
    }
    std::fs::rename(copy, file).unwrap();
}

async fn a_file_that_is_restored_under_a_node_is_read_anew() {
    let fresh = Fresh::file().await;
    let file = fresh.url.strip_prefix("sqlite:").unwrap().to_owned();
    let node = Node::new(&fresh.store).await;
    let (early, forgotten, late) = (node.token().await, node.token().await, node.token().await);
    node.revoke(early).await;
    let copy = format!("{file}.copy");
    let mut backup = diesel::SqliteConnection::establish(&file).unwrap();
    backup.batch_execute(&format!("VACUUM INTO '{copy}'")).unwrap();
    drop(backup);
    node.revoke(forgotten).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(forgotten), REVOKED);
    node.registry.live(late).await.unwrap();

    put_in_place(Path::new(&copy), &file);
    node.sync().await;
    assert_eq!(node.judge(forgotten), Ok(()), "as the restored data have it");
    assert_eq!(node.judge(early), REVOKED, "revoked before the copy was made");
    node.revoke(late).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(late), REVOKED, "revoked after it");
    let other = DieselStore::connect(&fresh.url, &StoreOptions::patient())
        .await
        .unwrap();
    assert!(
        other.tokens().find(late).await.unwrap().is_none(),
        "it is in the restored file"
    );
    assert!(other.tokens().find(forgotten).await.unwrap().is_some());
}

async fn a_file_that_is_gone_is_not_made_again() {
    let fresh = Fresh::file().await;
    let file = fresh.url.strip_prefix("sqlite:").unwrap();
    let node = Node::new(&fresh.store).await;
    let id = node.token().await;
    std::fs::rename(file, format!("{file}.away")).unwrap();
    node.registry.sync().await.unwrap_err();
    fresh.store.tokens().find(id).await.unwrap_err();
    fresh.store.tokens().revoke(id, NOW).await.unwrap_err();
    assert!(!Path::new(file).exists());
    std::fs::rename(format!("{file}.away"), file).unwrap();
    node.registry.sync().await.unwrap();
    node.revoke(id).await;
}

/// The same server, and a database of the same name.
async fn a_restored_database_is_another_feed(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let name = fresh.url.rsplit('/').next().unwrap();
    let node = Node::new(&fresh.store).await;
    let (early, forgotten, late) = (node.token().await, node.token().await, node.token().await);
    node.revoke(early).await;
    let disconnect = || {
        cluster.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        cluster.execute(&format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
             WHERE datname = '{name}' AND backend_type = 'client backend'"
        ));
    };
    disconnect();
    cluster.execute(&format!("CREATE DATABASE {name}_copy TEMPLATE {name}"));
    cluster.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    // The restored copy has given out as many numbers as were read before: only its identity differs.
    node.sync().await;
    node.revoke(forgotten).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(forgotten), REVOKED);
    let before = fresh.store.tokens().feed_state().await.unwrap();

    disconnect();
    cluster.execute(&format!("DROP DATABASE {name}"));
    cluster.execute(&format!("ALTER DATABASE {name}_copy RENAME TO {name}"));
    cluster.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    node.sync().await;
    let after = fresh.store.tokens().feed_state().await.unwrap();
    assert_ne!(before.identity, after.identity);
    assert_eq!(node.judge(forgotten), Ok(()), "as the restored data have it");
    assert_eq!(node.judge(early), REVOKED, "revoked before the copy was made");
    node.revoke(late).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(late), REVOKED, "revoked after it");
}

/// Waits until the standby has all that was written.
const WAIT_FOR_STANDBY: &str = "DO $$ BEGIN
    FOR i IN 1..1000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (SELECT FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn());
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$";

async fn a_standby_has_no_feed_and_a_promoted_one_has_another(_: &'static Cluster) {
    let primary = Cluster::start(&[]).unwrap();
    let url = primary.database();
    let store = DieselStore::connect(&url, &StoreOptions::patient()).await.unwrap();
    drop(store);
    let standby = primary.standby().unwrap();
    let (_, name) = url.rsplit_once('/').unwrap();
    let refused = DieselStore::connect(&standby.url(name), &StoreOptions::patient()).await;
    assert!(matches!(refused, Err(ConnectError::Store(_))), "{refused:?}");

    // A node knows both servers, and reads from the one that is written to.
    let (first, second) = (standby.address(), primary.address());
    let both = format!("postgres://tessera@{first},{second}/{name}");
    let store = DieselStore::connect(&both, &StoreOptions::patient()).await.unwrap();
    let node = Node::new(&store).await;
    let id = node.token().await;
    node.registry.sync().await.unwrap();
    let before = store.tokens().feed_state().await.unwrap();
    primary.execute(WAIT_FOR_STANDBY);
    drop(primary);
    assert!(node.registry.sync().await.is_err(), "there is only a standby");
    standby.execute("SELECT pg_promote()");
    node.sync().await;
    let after = store.tokens().feed_state().await.unwrap();
    assert_ne!(before.identity, after.identity);
    node.revoke(id).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(id), REVOKED);
}

/// A number whose transaction is still open is known to be: it is looked for until that is over.
async fn an_open_transaction_is_told(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let node = Node::new(&fresh.store).await;
    let id = node.token().await;
    let open = fresh.store.clone();
    let open = tokio::spawn(async move {
        let statements = format!(
            "INSERT INTO feed (kind, token_id, until, at) VALUES ('ended', {id}, {}, 0); SELECT pg_sleep(1)",
            i64::MAX
        );
        open.dangerous_execute(&statements).await
    });
    let tokens = fresh.store.tokens();
    let state = loop {
        let state = tokens.feed_state().await.unwrap();
        if state.newest == 1 && state.finished < state.begun {
            break state;
        }
        assert!(!open.is_finished(), "{state:?}");
    };
    open.await.unwrap().unwrap();
    assert_eq!(tokens.changes(0, 10).await.unwrap().len(), 1);
    let mut finished = 0;
    for _ in 0..1000 {
        finished = tokens.feed_state().await.unwrap().finished;
        if finished >= state.begun {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(finished >= state.begun, "{finished}");
    assert_eq!(node.judge(id), Ok(()));
    node.registry.sync().await.unwrap();
    assert_eq!(node.judge(id), REVOKED);
}

/// The transaction with the missing number is the latest that there is, and nothing else is committed for an hour.
async fn a_late_entry_of_a_quiet_database_is_not_missed(_: &'static Cluster) {
    // No other test's transactions.
    let cluster = Cluster::start(&["-c", "autovacuum=off"]).unwrap();
    let url = cluster.database();
    let store = DieselStore::connect(&url, &StoreOptions::patient()).await.unwrap();
    let node = Node::new(&store).await;
    let (id, other) = (node.token().await, node.token().await);
    node.registry.sync().await.unwrap();
    let begin = async |id: TokenId| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN; SELECT txid_current()").await.unwrap();
        let publish = format!(
            "UPDATE tokens SET revoked_at = 1 WHERE id = {id};
             INSERT INTO feed (kind, token_id, until, at) VALUES ('ended', {id}, {}, 0)",
            i64::MAX
        );
        (client, publish)
    };
    let (earlier, publish_other) = begin(other).await;
    let (late, publish) = begin(id).await;
    late.batch_execute(&publish).await.unwrap();
    earlier
        .batch_execute(&format!("{publish_other}; COMMIT"))
        .await
        .unwrap();
    for _ in 0..4 {
        node.registry.sync().await.unwrap();
        node.clock.advance(HOUR / 3);
    }
    assert_eq!(
        (node.judge_now(other).await, node.judge_now(id).await),
        (REVOKED, Ok(()))
    );
    late.batch_execute("COMMIT").await.unwrap();
    assert_eq!(node.judge_now(id).await, REVOKED);
}

/// As `pg_restore --data-only` after `TRUNCATE`, with servers that run.
async fn rows_restored_into_emptied_tables_are_another_feed(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let node = Node::new(&fresh.store).await;
    let (gone, stays) = (node.token().await, node.token().await);
    for id in [gone, stays] {
        node.registry.live(id).await.unwrap();
    }
    node.registry.sync().await.unwrap();
    let restore = format!(
        "CREATE TABLE backup AS SELECT * FROM tokens WHERE id <> {gone};
         TRUNCATE tokens;
         INSERT INTO tokens SELECT * FROM backup"
    );
    fresh.run(&restore).await;
    node.sync().await;
    assert!(matches!(
        node.registry.live(gone).await,
        Err(VerifyError::Rejected(Rejection::Unknown))
    ));
    assert!(node.registry.live(stays).await.is_ok());
}
