//! A network to PostgreSQL that is cut, stalls, is slow, or passes in one direction only. What was answered is there;
//! nothing hangs; and the store works again afterwards.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/proxy.rs"]
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Selector, StoreError, Subject, TokenId, TokenStore};
use proxy::{Network, Proxy};
use store_diesel::{Cluster, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{NOW, owner, token};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

tests! {
    postgres {
        a_cut_connection_loses_nothing_that_was_answered
        a_stalled_network_is_given_up_on
        a_half_closed_connection_is_given_up_on
        a_slow_network_is_only_slow
        what_was_not_sent_was_not_done
        a_check_does_not_wait_for_a_pooler
        no_read_waits_for_a_server_that_was_replaced
        no_write_waits_for_a_server_that_was_replaced
    }
}

/// How many callers write at once.
const CALLERS: usize = 8;

/// How many of their writes are answered before the network fails.
const ANSWERS: usize = 40;

/// A store behind a proxy, and one beside it.
struct Behind {
    proxy: Proxy,
    store: DieselStore,
    beside: DieselStore,
    owner: Subject,
}

impl Behind {
    async fn new(cluster: &'static Cluster) -> Self {
        let url = cluster.database();
        let (proxy, through) = proxy_to(&url).await;
        let beside = connect(&url).await;
        Self {
            store: connect(&through).await,
            owner: owner(&beside, "workshop@email.dk").await,
            beside,
            proxy,
        }
    }

    /// A write that was sent and not answered may have been done.
    async fn gives_up(&self) {
        let outcome = self.store.tokens().insert(token(self.owner)).await;
        assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
        self.proxy.set(Network::Works);
        self.recovers().await;
    }

    /// Asks until the store answers well.
    async fn recovers(&self) {
        let tokens = self.store.tokens();
        let answered = async {
            while !tokens.insert(token(self.owner)).await.is_ok_and(|id| id.is_some()) {
                tokio::task::yield_now().await;
            }
        };
        let limit = Duration::from_secs(60);
        tokio::time::timeout(limit, answered)
            .await
            .expect("the store works again");
    }
}

async fn a_cut_connection_loses_nothing_that_was_answered(cluster: &'static Cluster) {
    let behind = Behind::new(cluster).await;
    let mut answered = Vec::new();
    for _ in 0..5 {
        let (done, mut answers) = unbounded_channel();
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn(write_until_it_fails(behind.store.tokens(), behind.owner, done.clone()));
        }
        for _ in 0..ANSWERS {
            answers.recv().await.unwrap();
        }
        behind.proxy.set(Network::Cut);
        while let Some(issued) = callers.join_next().await {
            answered.extend(issued.unwrap());
        }
        behind.proxy.set(Network::Works);
        behind.recovers().await;
    }
    assert!(!answered.is_empty());
    assert_all_there(&behind.beside, &answered).await;
}

async fn a_stalled_network_is_given_up_on(cluster: &'static Cluster) {
    let behind = Behind::new(cluster).await;
    behind.proxy.set(Network::Stalled);
    behind.gives_up().await;
}

async fn a_half_closed_connection_is_given_up_on(cluster: &'static Cluster) {
    let behind = Behind::new(cluster).await;
    behind.proxy.set(Network::OneWay);
    behind.gives_up().await;
}

async fn a_slow_network_is_only_slow(cluster: &'static Cluster) {
    let behind = Behind::new(cluster).await;
    behind.proxy.set(Network::Slow(Duration::from_millis(50)));
    let id = behind
        .store
        .tokens()
        .insert(token(behind.owner))
        .await
        .unwrap()
        .unwrap();
    assert!(behind.store.tokens().find(id).await.unwrap().is_some());
    assert!(behind.store.tokens().revoke(id, NOW).await.unwrap());
    assert!(behind.beside.tokens().find(id).await.unwrap().is_none());
}

/// Before a transaction is committed, and before there is a connection, an error says that nothing was done.
async fn what_was_not_sent_was_not_done(cluster: &'static Cluster) {
    let behind = Behind::new(cluster).await;
    let tokens = behind.store.tokens();
    let id = tokens.insert(token(behind.owner)).await.unwrap().unwrap();
    behind.proxy.set(Network::Stalled);
    let at_begin = tokens.revoke(id, NOW).await;
    assert!(matches!(at_begin, Err(StoreError::Unavailable(_))), "{at_begin:?}");
    let connecting = tokens.insert(token(behind.owner)).await;
    assert!(matches!(connecting, Err(StoreError::Unavailable(_))), "{connecting:?}");
    behind.proxy.set(Network::Cut);
    let refused = tokens.insert(token(behind.owner)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(behind.beside.tokens().find(id).await.unwrap().is_some());
    behind.proxy.set(Network::Works);
    behind.recovers().await;
}

/// A store whose one connection leads to a server that was replaced and does not answer. It would wait for an hour.
struct Replaced {
    fresh: Fresh,
    proxy: Proxy,
    store: DieselStore,
    token: TokenId,
    owner: Subject,
}

impl Replaced {
    async fn new(cluster: &'static Cluster) -> Self {
        let fresh = Fresh::postgres(cluster).await;
        let (proxy, through) = proxy_to(&fresh.url).await;
        let mut options = StoreOptions::default();
        options.deadline = Duration::from_secs(3600);
        options.feed_url = Some(fresh.url.clone());
        let store = DieselStore::connect(&through, &options).await.unwrap();
        let owner = owner(&fresh.store, "workshop@email.dk").await;
        let token = store.tokens().insert(token(owner)).await.unwrap().unwrap();
        store.tokens().feed_state().await.unwrap();
        proxy.set(Network::OldStalled);
        Self {
            fresh,
            proxy,
            store,
            token,
            owner,
        }
    }

    /// What an operation answers that was under way when the feed was found to be of other data.
    async fn outcome_of<R: Send + 'static>(&self, operation: impl Future<Output = R> + Send + 'static) -> R {
        let operation = tokio::spawn(operation);
        self.proxy.holds_something().await;
        let replace = "CREATE TABLE backup AS SELECT * FROM tokens;
                       TRUNCATE tokens;
                       INSERT INTO tokens SELECT * FROM backup";
        self.fresh.run(replace).await;
        self.store.tokens().feed_state().await.unwrap();
        let limit = Duration::from_secs(60);
        let outcome = tokio::time::timeout(limit, operation).await.expect("it does not wait");
        assert!(self.store.tokens().find(self.token).await.unwrap().is_some());
        outcome.unwrap()
    }
}

/// After a promotion the connections to the old primary may stay open, and silent.
async fn no_read_waits_for_a_server_that_was_replaced(cluster: &'static Cluster) {
    let replaced = Replaced::new(cluster).await;
    let tokens = replaced.store.tokens();
    let unknown = Selector([7; 32]);
    let found = replaced
        .outcome_of(async move { tokens.find_session(&unknown).await })
        .await;
    assert!(found.unwrap().is_none());
}

/// A pooler may wait for the old server for some time, while the feed is read from the new one already.
async fn a_check_does_not_wait_for_a_pooler(cluster: &'static Cluster) {
    let replaced = Replaced::new(cluster).await;
    for network in [Network::Stalled, Network::Cut] {
        replaced.proxy.set(network);
        assert!(replaced.store.tokens().find(replaced.token).await.unwrap().is_some());
    }
}

/// The old server may have done it, and the new one may have it.
async fn no_write_waits_for_a_server_that_was_replaced(cluster: &'static Cluster) {
    let replaced = Replaced::new(cluster).await;
    let (tokens, owner) = (replaced.store.tokens(), replaced.owner);
    let issued = replaced
        .outcome_of(async move { tokens.insert(token(owner)).await })
        .await;
    assert!(matches!(issued, Err(StoreError::OutcomeUnknown(_))), "{issued:?}");
}

/// The tokens that were answered, in the order of a sign-in and each second time a sign-out.
async fn write_until_it_fails(
    tokens: Arc<dyn TokenStore>,
    owner: Subject,
    done: UnboundedSender<()>,
) -> Vec<(TokenId, bool)> {
    let mut answered = Vec::new();
    while let Ok(Some(id)) = tokens.insert(token(owner)).await {
        // Nobody counts any more once the network has failed.
        let _counted = done.send(());
        let revokes = answered.len() % 2 == 0;
        let revoked = revokes && tokens.revoke(id, NOW).await.is_ok_and(|revoked| revoked);
        answered.push((id, revoked));
        if revokes && !revoked {
            break;
        }
    }
    answered
}

async fn assert_all_there(store: &DieselStore, answered: &[(TokenId, bool)]) {
    for (id, revoked) in answered {
        let rows = format!("SELECT count(*) FROM tokens WHERE id = {id}");
        assert_eq!(
            store.dangerous_number(&rows).await.unwrap(),
            Some(1),
            "token {id} is lost"
        );
        let live = store.tokens().find(*id).await.unwrap().is_some();
        assert!(!(live && *revoked), "token {id} was revoked");
    }
    let published = "SELECT count(*) FROM feed WHERE kind = 'ended'";
    let revoked = "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(
        store.dangerous_number(published).await.unwrap(),
        store.dangerous_number(revoked).await.unwrap(),
        "an end and its entry in the feed come together"
    );
}

/// A proxy before the database, and the URL that leads through it.
async fn proxy_to(url: &str) -> (Proxy, String) {
    let (server, rest) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
    let proxy = Proxy::to(server).await;
    let through = format!("postgres://tessera@{}/{rest}", proxy.address());
    (proxy, through)
}

/// Little patience, so that giving up is quick.
fn options() -> StoreOptions {
    let mut options = StoreOptions::default();
    options.deadline = Duration::from_secs(2);
    options
}

async fn connect(url: &str) -> DieselStore {
    DieselStore::connect(url, &options()).await.unwrap()
}
