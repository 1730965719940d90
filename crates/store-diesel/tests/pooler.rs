//! Behind a real PgBouncer, in each of its modes. Skipped where it is not installed, unless `TESSERA_REQUIRE_PGBOUNCER=1`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/pgbouncer.rs"]
mod pgbouncer;

use std::time::Duration;

use libtest_mimic::{Completion, Trial};
use pgbouncer::{PgBouncer, keeps_statements};
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};
use support::things::{NOW, owner, token};
use support::trials;
use tokio::time::timeout;

/// For how long something may be under way, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    trials::run(vec![
        behind(
            "a_pooler_of_sessions_is_worked_through_and_listened_through",
            any,
            of_sessions,
        ),
        behind(
            "a_pooler_of_transactions_that_loses_statements_is_refused",
            any,
            that_loses_statements,
        ),
        behind(
            "a_pooler_of_transactions_is_worked_through_and_listened_past",
            of_statements,
            of_transactions,
        ),
        behind(
            "a_pooler_of_transactions_may_not_weaken_commits",
            of_statements,
            that_weakens_commits,
        ),
    ])
}

/// A test that needs PostgreSQL and PgBouncer, or is skipped with the reason.
fn behind<F: Future<Output = ()> + 'static>(
    name: &'static str,
    skip_reason: fn() -> Option<&'static str>,
    test: fn(&'static Cluster) -> F,
) -> Trial {
    match PgBouncer::skip_reason().or_else(skip_reason) {
        Some(reason) => Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason))),
        None => trials::on_postgres(name, test),
    }
}

fn any() -> Option<&'static str> {
    None
}

fn of_statements() -> Option<&'static str> {
    (!keeps_statements()).then_some("PgBouncer is older than 1.21 and carries no statements along")
}

async fn connect(url: &str, feed_url: Option<&str>) -> Result<DieselStore, ConnectError> {
    let mut options = StoreOptions::default();
    (options.listen, options.feed_url) = (true, feed_url.map(str::to_owned));
    DieselStore::connect(url, &options).await
}

async fn of_sessions(cluster: &'static Cluster) {
    let direct = cluster.database();
    let pooler = PgBouncer::start(&direct, "pool_mode = session");
    let store = connect(&pooler.url(), None).await.unwrap();
    assert!(!store.is_pooled());
    let other = connect(&direct, None).await.unwrap();
    is_noticed(&store, &other).await;
}

async fn that_loses_statements(cluster: &'static Cluster) {
    let pooler = PgBouncer::losing_statements(&cluster.database());
    let refused = connect(&pooler.url(), None).await;
    let why = match refused {
        Err(ConnectError::Pooler(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(why.contains("max_prepared_statements"), "{why}");
}

async fn of_transactions(cluster: &'static Cluster) {
    let direct = cluster.database();
    let pooler = PgBouncer::start(&direct, "pool_mode = transaction\nmax_prepared_statements = 100");
    let blind = connect(&pooler.url(), None).await.unwrap();
    assert!(blind.is_pooled() && !blind.tokens().watch_feed().is_live());
    let store = connect(&pooler.url(), Some(&direct)).await.unwrap();
    is_noticed(&store, &blind).await;
    is_noticed(&store, &store).await;
    // Many at a time, over connections that change hands.
    let owner = owner(&store, "crowd@email.dk").await;
    let tokens: Vec<_> = (0..200).map(|_| (store.tokens(), blind.tokens())).collect();
    let work = tokens.into_iter().map(|(one, other)| {
        tokio::spawn(async move {
            let id = one.insert(token(owner)).await.unwrap().unwrap();
            assert!(other.find(id).await.unwrap().is_some());
            assert!(other.revoke(id, NOW).await.unwrap());
            assert!(one.find(id).await.unwrap().is_none());
        })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
}

async fn that_weakens_commits(cluster: &'static Cluster) {
    let direct = cluster.database();
    let name = direct.rsplit('/').next().unwrap();
    cluster.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let pooler = PgBouncer::start(&direct, "pool_mode = transaction\nmax_prepared_statements = 100");
    let refused = connect(&pooler.url(), None).await;
    assert!(matches!(refused, Err(ConnectError::Pooler(_))), "{refused:?}");
    assert!(connect(&direct, None).await.is_ok(), "there each session sets it");
}

/// One store notices what another revokes.
async fn is_noticed(store: &DieselStore, other: &DieselStore) {
    let tokens = store.tokens();
    let owner = owner(store, &format!("owner-{:p}@email.dk", other)).await;
    let id = tokens.insert(token(owner)).await.unwrap().unwrap();
    let mut watch = tokens.watch_feed();
    let live = async {
        while !watch.is_live() {
            tokens.feed_state().await.unwrap();
            let _ = timeout(Duration::from_millis(100), watch.changed()).await;
        }
    };
    timeout(PATIENCE, live).await.expect("it listens");
    while timeout(Duration::from_millis(100), watch.changed()).await.is_ok() {}
    assert!(other.tokens().revoke(id, NOW).await.unwrap());
    timeout(PATIENCE, watch.changed()).await.expect("it is woken");
}
