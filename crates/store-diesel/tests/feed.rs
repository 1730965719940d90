//! The feed of revocations: nothing delays it, and a database that is not the one that was read is noticed.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Generation, RegistryLimits, Rejection, SessionRef, Subject, TokenId, TokenRegistry, VerifyError};
use diesel::connection::{Connection, SimpleConnection};
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{NOW, owner, token};
use testkit::ManualClock;

tests! {
    both {
        the_feed_is_read_while_other_reads_hang
    }
    postgres {
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
    let mut options = StoreOptions::default();
    (options.readers, options.connections, options.wait) = (1, 1, Duration::from_millis(50));
    let store = DieselStore::connect(&fresh.url, &options).await.unwrap();
    let slow = match fresh.is_sqlite() {
        true => {
            "SELECT CAST(count(*) AS TEXT) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
             LIMIT 3000000) SELECT i FROM n)"
        }
        false => "SELECT pg_sleep(1)::text",
    };
    let hanging = store.clone();
    let hanging = tokio::spawn(async move { hanging.dangerous_text(slow).await });
    let mut read = false;
    while !hanging.is_finished() {
        let others_hang = store.ping().await.is_err();
        let tokens = store.tokens();
        // A busy machine may refuse one of them.
        let answers = (tokens.feed_state().await.is_ok(), tokens.changes(0, 10).await.is_ok());
        read |= others_hang && answers == (true, true) && store.keys().keys().await.is_ok();
    }
    hanging.await.unwrap().unwrap();
    assert!(read);
}

/// A node on a store.
struct Node {
    registry: TokenRegistry,
    owner: Subject,
}

impl Node {
    async fn new(store: &DieselStore) -> Self {
        let clock = ManualClock::new();
        clock.set(NOW);
        let registry = TokenRegistry::new(store.tokens(), Arc::new(clock), RegistryLimits::default());
        registry.sync().await.unwrap();
        let owner = owner(store, "workshop@email.dk").await;
        Self { registry, owner }
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
    let other = DieselStore::connect(&fresh.url, &StoreOptions::default())
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
    // The restored copy has given out as many numbers as were read before: its identity alone tells.
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
    let store = DieselStore::connect(&url, &StoreOptions::default()).await.unwrap();
    drop(store);
    let standby = primary.standby().unwrap();
    let (_, name) = url.rsplit_once('/').unwrap();
    let refused = DieselStore::connect(&standby.url(name), &StoreOptions::default()).await;
    assert!(matches!(refused, Err(ConnectError::Store(_))), "{refused:?}");

    // A node knows both servers, and reads from the one that is written to.
    let (first, second) = (standby.address(), primary.address());
    let both = format!("postgres://tessera@{first},{second}/{name}");
    let store = DieselStore::connect(&both, &StoreOptions::default()).await.unwrap();
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
        // As every operation does, it writes something else first, and so is counted before it gets its number.
        let statements = format!(
            "UPDATE accounts SET created_at = created_at;
             INSERT INTO feed (kind, token_id, until, at) VALUES ('ended', {id}, {}, 0); SELECT pg_sleep(1)",
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
        // Something else that is committed meanwhile, as it always is within a minute.
        fresh.store.check_writing().await.unwrap();
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
