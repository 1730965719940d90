//! What concerns the whole database waits for as long as it must, where everything else is given up on (PostgreSQL).
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use std::time::Duration;

use auth_core::StoreError;
use store_diesel::{Cluster, DieselStore, Migrator, StoreOptions};
use support::Fresh;
use support::things::{NOW, owner, token};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

tests! {
    postgres {
        ending_all_sessions_outlasts_a_long_lock
        a_migration_outlasts_a_long_lock
    }
}

async fn ending_all_sessions_outlasts_a_long_lock(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let hasty = DieselStore::connect(&fresh.url, &haste()).await.unwrap();
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    fresh.store.tokens().insert(token(owner)).await.unwrap().unwrap();
    let lock = lock(&fresh.url).await;
    let token_admin = hasty.token_admin();
    let ending = tokio::spawn(async move { token_admin.end_all_sessions(NOW).await });
    give_up_on_all_else(&fresh, &hasty, &ending).await;
    lock.batch_execute("COMMIT").await.unwrap();
    assert_eq!(ending.await.unwrap().unwrap(), 1);
}

async fn a_migration_outlasts_a_long_lock(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let hasty = DieselStore::connect(&fresh.url, &haste()).await.unwrap();
    let migrator = Migrator::connect(&fresh.url, &haste()).await.unwrap();
    let lock = lock(&fresh.url).await;
    let reverting = tokio::spawn(async move { migrator.revert().await });
    give_up_on_all_else(&fresh, &hasty, &reverting).await;
    lock.batch_execute("COMMIT").await.unwrap();
    assert!(reverting.await.unwrap().unwrap().is_some());
}

/// The server gives up on an ordinary statement, or on waiting for a lock, after half of this.
fn haste() -> StoreOptions {
    let mut options = StoreOptions::default();
    options.deadline = Duration::from_secs(2);
    options
}

/// Another session that has locked all tables.
async fn lock(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let all = "DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('LOCK TABLE %I', name);
        END LOOP;
    END $$";
    client.batch_execute(&format!("BEGIN; {all}")).await.unwrap();
    client
}

/// Waits until `patient` waits for the lock, and then for as long as it takes an ordinary operation to be given up on.
async fn give_up_on_all_else<T>(fresh: &Fresh, hasty: &DieselStore, patient: &JoinHandle<T>) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while fresh.count(waiting).await == 0 {
        assert!(!patient.is_finished(), "it does not wait");
    }
    let name = auth_core::FoldedLogin::parse("workshop@email.dk").unwrap();
    let outcome = hasty.passwords().find(&support::things::realm(), &name).await;
    assert!(
        matches!(outcome, Err(StoreError::Busy(_) | StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    assert!(!patient.is_finished(), "it gave up too");
}
