//! Two transactions that wait for each other on PostgreSQL: ours is begun anew, in whatever language the server says so.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use std::time::Duration;

use store_diesel::{Cluster, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{NOW, owner};
use tokio_postgres::{Client, NoTls};

tests! {
    postgres {
        the_loser_of_a_deadlock_tries_again
        a_connection_asks_for_english
        a_user_without_the_right_to_ask_for_english_is_served_too
    }
}

async fn the_loser_of_a_deadlock_tries_again(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let [one, other] = [owner(&fresh.store, "one").await, owner(&fresh.store, "other").await];
    // The server looks for deadlocks once, so long after a transaction has begun to wait; the rival never does.
    cluster.execute(&format!("ALTER DATABASE {} SET deadlock_timeout = '3s'", name(&fresh)));
    let mut options = StoreOptions::default();
    options.deadline = Duration::from_secs(120);
    let store = DieselStore::connect(&fresh.url, &options).await.unwrap();
    let rival = connect(&fresh.url).await;
    let touch = |account| format!("UPDATE accounts SET created_at = created_at + 1 WHERE id = {account};");
    rival
        .batch_execute(&format!("SET deadlock_timeout = '1h'; BEGIN; {}", touch(one)))
        .await
        .unwrap();
    let both = format!("{} {}", touch(other), touch(one));
    let ours = tokio::spawn(async move { store.dangerous_execute(&both).await });
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while fresh.count(waiting).await == 0 {
        assert!(!ours.is_finished(), "it does not wait");
    }
    // What we hold comes free before the rival has ended: we were made to give it up.
    rival.batch_execute(&touch(other)).await.unwrap();
    rival.batch_execute("COMMIT").await.unwrap();
    ours.await.unwrap().unwrap();
    let twice = NOW.as_millis() + 2;
    let touched = format!("SELECT count(*) FROM accounts WHERE created_at = {twice}");
    assert_eq!(fresh.count(&touched).await, 2, "each was touched twice");
}

async fn a_connection_asks_for_english(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    cluster.execute(&format!("ALTER DATABASE {} SET lc_messages = 'POSIX'", name(&fresh)));
    assert_eq!(language(&fresh.other_node().await).await, "C");
}

async fn a_user_without_the_right_to_ask_for_english_is_served_too(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let name = name(&fresh);
    cluster.execute(&format!("ALTER DATABASE {name} SET lc_messages = 'POSIX'"));
    cluster.execute("CREATE ROLE plain LOGIN");
    let url = fresh.url.replace("tessera@", "plain@");
    fresh
        .run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain")
        .await;
    let store = DieselStore::connect(&url, &StoreOptions::default()).await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(language(&store).await, "POSIX");
}

async fn language(store: &DieselStore) -> String {
    let language = store.dangerous_text("SELECT current_setting('lc_messages')").await;
    language.unwrap().unwrap()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn name(fresh: &Fresh) -> &str {
    fresh.url.rsplit('/').next().unwrap()
}
