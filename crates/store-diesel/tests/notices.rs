//! What other processes change is noticed, and what is not noticed is read: after a listening connection was killed, the
//! server was restarted, the network stalled, a notice was lost, a file was replaced.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/proxy.rs"]
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    ChangeWatch, Generation, RegistryLimits, Scopes, SessionRef, Subject, TokenDigest, TokenId, TokenRegistry,
    VerifyError,
};
use consumer_auth::Audience;
use permissions::{Role, RoleName};
use proxy::{Network, Proxy};
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};
use support::Fresh;
use support::things::{NOW, key, owner, realm, token};
use testkit::ManualClock;
use tokio::time::timeout;

tests! {
    both {
        a_change_of_another_node_and_of_a_command_is_noticed
        a_change_of_whatever_nodes_hold_is_noticed
        a_change_without_a_notice_is_read
    }
    postgres {
        a_killed_connection_listens_again_and_hides_nothing
        a_server_that_was_restarted_is_listened_to_again
        a_connection_that_stalls_is_noticed_by_the_read
        a_feed_is_listened_to_past_what_everything_else_goes_through
        a_feed_of_another_database_is_refused
        a_store_that_does_not_listen_holds_no_connection_for_it
    }
    other {
        a_file_in_the_place_of_another_is_noticed
        a_file_that_comes_back_is_watched_again
        a_closed_database_that_was_watched_is_one_file
        an_sqlite_database_has_no_other_feed
    }
}

/// For how long something may be under way, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node that follows the feed as a server does: when it is woken, and from time to time.
struct Node {
    store: DieselStore,
    registry: Arc<TokenRegistry>,
    owner: Subject,
}

impl Node {
    async fn new(store: DieselStore) -> Self {
        let owner = owner(&store, "workshop@email.dk").await;
        let clock = Arc::new(ManualClock::new());
        clock.set(NOW);
        let registry = Arc::new(TokenRegistry::new(store.tokens(), clock, RegistryLimits::default()));
        Self { store, registry, owner }
    }

    async fn token(&self) -> TokenId {
        let id = self.store.tokens().insert(token(self.owner)).await.unwrap();
        id.unwrap()
    }

    fn is_refused(&self, id: TokenId) -> bool {
        let session = SessionRef {
            id,
            generation: Generation(0),
            subject: self.owner,
        };
        matches!(self.registry.refuse_ended(&session), Err(VerifyError::Rejected(_)))
    }

    /// Follows until the token is refused.
    async fn follow_until_refused(&self, id: TokenId) {
        let mut watch = self.registry.watch();
        let follow = async {
            while !self.is_refused(id) {
                let _ = timeout(Duration::from_millis(200), watch.changed()).await;
                let _ = self.registry.sync().await;
            }
        };
        timeout(PATIENCE, follow)
            .await
            .expect("the token is refused in the end");
    }

    /// Follows until changes are noticed, and no notice is under way.
    async fn follow_until_live(&self) -> ChangeWatch {
        let mut watch = self.registry.watch();
        let follow = async {
            while !watch.is_live() {
                let _ = timeout(Duration::from_millis(200), watch.changed()).await;
                let _ = self.registry.sync().await;
            }
        };
        timeout(PATIENCE, follow).await.expect("changes are noticed in the end");
        while timeout(Duration::from_millis(100), watch.changed()).await.is_ok() {}
        watch
    }
}

async fn wakes(watch: &mut ChangeWatch) -> bool {
    timeout(PATIENCE, watch.changed()).await.is_ok()
}

async fn silent(url: &str) -> DieselStore {
    DieselStore::connect(url, &StoreOptions::default()).await.unwrap()
}

async fn a_change_of_another_node_and_of_a_command_is_noticed(fresh: Fresh) {
    let node = Node::new(fresh.store.clone()).await;
    let (other, command) = (fresh.other_node().await, silent(&fresh.url).await);
    for store in [&other, &command] {
        let id = node.token().await;
        let mut watch = node.follow_until_live().await;
        assert!(store.tokens().revoke(id, NOW).await.unwrap());
        assert!(wakes(&mut watch).await);
        node.registry.sync().await.unwrap();
        assert!(node.is_refused(id));
    }
}

/// Accounts, passwords, roles, keys and resource servers, changed by a command or another node.
async fn a_change_of_whatever_nodes_hold_is_noticed(fresh: Fresh) {
    let node = Node::new(fresh.store.clone()).await;
    let (other, command) = (fresh.other_node().await, silent(&fresh.url).await);
    for (round, store) in [&other, &command].into_iter().enumerate() {
        let owner = owner(&node.store, &format!("owner-{round}@email.dk")).await;
        let mut feed = node.follow_until_live().await;
        let role = role(&format!("role-{round}"));
        store.roles().put(&role, NOW).await.unwrap();
        assert!(wakes(&mut feed).await, "an edited role");
        let changed = store.accounts().set_role(owner, Some(role.name.as_str()), NOW).await;
        assert!(changed.unwrap() && wakes(&mut feed).await, "another role");
        assert!(store.passwords().set(owner, "hash", true, NOW).await.unwrap());
        assert!(wakes(&mut feed).await, "a password");
        assert!(store.accounts().set_disabled(owner, true, NOW).await.unwrap());
        assert!(wakes(&mut feed).await, "a disabled account");
        let mut keys = node.store.keys().watch_keys();
        assert!(
            store
                .keys()
                .insert_first(&key(&format!("first-{round}"), PURPOSES[round]))
                .await
                .unwrap()
        );
        assert!(wakes(&mut keys).await, "a first key");
        store
            .keys()
            .emergency(&key(&format!("new-{round}"), PURPOSES[round]), NOW)
            .await
            .unwrap();
        assert!(wakes(&mut keys).await, "a retired key");
        let mut servers = node.store.resource_servers().watch_resource_servers();
        let (id, secret) = (format!("api-{round}"), TokenDigest::of(b"secret"));
        store
            .resource_servers()
            .put_resource_server(&id, &secret, &Audience::All, NOW)
            .await
            .unwrap();
        assert!(wakes(&mut servers).await, "a resource server");
        assert!(
            store
                .resource_servers()
                .set_resource_server_disabled(&id, true)
                .await
                .unwrap()
        );
        assert!(wakes(&mut servers).await, "a disabled resource server");
    }
}

const PURPOSES: [&str; 2] = ["shops/EdDSA", "games/EdDSA"];

fn role(name: &str) -> Role {
    Role {
        realm: realm(),
        name: RoleName::parse(name).unwrap(),
        permissions: Scopes::none(),
    }
}

/// As an older node writes it, or an operator by hand; or the notice was lost. SQLite notices any change.
async fn a_change_without_a_notice_is_read(fresh: Fresh) {
    let node = Node::new(fresh.store.clone()).await;
    let id = node.token().await;
    let mut watch = node.follow_until_live().await;
    let entry = format!(
        "INSERT INTO feed (kind, token_id, until, at) VALUES ('ended', {id}, {}, 0)",
        i64::MAX
    );
    fresh.run(&entry).await;
    let woken = timeout(Duration::from_millis(500), watch.changed()).await.is_ok();
    assert!(!woken || fresh.is_sqlite());
    node.follow_until_refused(id).await;
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

async fn a_killed_connection_listens_again_and_hides_nothing(cluster: &'static Cluster) {
    let fresh = Fresh::postgres(cluster).await;
    let node = Node::new(fresh.store.clone()).await;
    let other = fresh.other_node().await;
    for _ in 0..3 {
        let id = node.token().await;
        let mut watch = node.follow_until_live().await;
        cluster.execute(&format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
             WHERE datname = '{}' AND backend_type = 'client backend'",
            name_of(&fresh.url)
        ));
        assert!(other.tokens().revoke(id, NOW).await.unwrap());
        assert!(wakes(&mut watch).await, "that the connection is gone is noticed");
        node.follow_until_refused(id).await;
    }
    let id = node.token().await;
    let mut watch = node.follow_until_live().await;
    assert!(other.tokens().revoke(id, NOW).await.unwrap());
    assert!(wakes(&mut watch).await, "it listens again");
}

async fn a_server_that_was_restarted_is_listened_to_again(_: &'static Cluster) {
    let cluster = Cluster::start(&[]).unwrap();
    let fresh = Fresh::postgres(&cluster).await;
    let node = Node::new(fresh.store.clone()).await;
    let (before, after) = (node.token().await, node.token().await);
    let mut watch = node.follow_until_live().await;
    let other = silent(&fresh.url).await;
    assert!(other.tokens().revoke(before, NOW).await.unwrap());
    cluster.stop("QUIT");
    while watch.is_live() {
        assert!(wakes(&mut watch).await);
    }
    cluster.start_again();
    node.follow_until_refused(before).await;
    let mut watch = node.follow_until_live().await;
    assert!(other.tokens().revoke(after, NOW).await.unwrap());
    assert!(wakes(&mut watch).await);
    node.follow_until_refused(after).await;
}

/// Another way to the database of a URL, for the feed alone.
async fn past(url: &str, stalled: bool) -> (Proxy, String) {
    let (server, name) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
    let proxy = Proxy::to(server).await;
    if stalled {
        proxy.set(Network::Stalled);
    }
    let through = format!("postgres://tessera@{}/{name}", proxy.address());
    (proxy, through)
}

fn apart(feed_url: String) -> StoreOptions {
    let mut options = StoreOptions::default();
    (options.listen, options.feed_url) = (true, Some(feed_url));
    options
}

/// Nothing arrives on it, and it is not closed: as after a cut cable.
async fn a_connection_that_stalls_is_noticed_by_the_read(cluster: &'static Cluster) {
    let url = cluster.database();
    let (proxy, feed_url) = past(&url, false).await;
    let mut options = apart(feed_url);
    options.deadline = Duration::from_secs(2);
    let node = Node::new(DieselStore::connect(&url, &options).await.unwrap()).await;
    let id = node.token().await;
    let watch = node.follow_until_live().await;
    proxy.set(Network::Stalled);
    node.store.tokens().revoke(id, NOW).await.unwrap();
    node.registry.sync().await.unwrap_err();
    assert!(
        !watch.is_live(),
        "a connection that does not answer does not listen either"
    );
    proxy.set(Network::Works);
    node.follow_until_refused(id).await;
    node.follow_until_live().await;
}

/// What everything else goes through is of no use, and the feed is read and listened to.
async fn a_feed_is_listened_to_past_what_everything_else_goes_through(cluster: &'static Cluster) {
    let direct = cluster.database();
    let (proxy, through) = past(&direct, false).await;
    let store = DieselStore::connect(&through, &apart(direct.clone())).await.unwrap();
    let node = Node::new(store).await;
    let id = node.token().await;
    let mut watch = node.follow_until_live().await;
    proxy.set(Network::Stalled);
    assert!(silent(&direct).await.tokens().revoke(id, NOW).await.unwrap());
    assert!(wakes(&mut watch).await);
    node.registry.sync().await.unwrap();
    assert!(node.is_refused(id));
}

async fn a_feed_of_another_database_is_refused(cluster: &'static Cluster) {
    let (url, other) = (cluster.database(), cluster.database());
    drop(silent(&other).await);
    for feed_url in [other, "sqlite:tessera.db".to_owned(), "postgres://".to_owned()] {
        let refused = DieselStore::connect(&url, &apart(feed_url)).await;
        assert!(matches!(refused, Err(ConnectError::FeedUrl(_))), "{refused:?}");
    }
    assert!(DieselStore::connect(&url, &apart(url.clone())).await.is_ok());
}

async fn a_store_that_does_not_listen_holds_no_connection_for_it(cluster: &'static Cluster) {
    let url = cluster.database();
    let store = silent(&url).await;
    store.tokens().feed_state().await.unwrap();
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(store.dangerous_number(listening).await.unwrap(), Some(0));
    assert!(!store.tokens().watch_feed().is_live());
}

async fn a_file_in_the_place_of_another_is_noticed() {
    let (fresh, other) = (Fresh::file().await, Fresh::file().await);
    let path = |fresh: &Fresh| fresh.url.strip_prefix("sqlite:").unwrap().to_owned();
    let (file, copy) = (path(&fresh), path(&other));
    let node = Node::new(fresh.store.clone()).await;
    let mut watch = node.follow_until_live().await;
    drop(other.store.clone());
    std::fs::copy(&copy, format!("{file}.copy")).unwrap();
    std::fs::rename(format!("{file}.copy"), &file).unwrap();
    assert!(wakes(&mut watch).await);
}

async fn a_file_that_comes_back_is_watched_again() {
    let fresh = Fresh::file().await;
    let file = fresh.url.strip_prefix("sqlite:").unwrap();
    let node = Node::new(fresh.store.clone()).await;
    let id = node.token().await;
    let mut watch = node.follow_until_live().await;
    std::fs::rename(file, format!("{file}.away")).unwrap();
    while watch.is_live() {
        assert!(wakes(&mut watch).await);
    }
    std::fs::rename(format!("{file}.away"), file).unwrap();
    let mut watch = node.follow_until_live().await;
    assert!(silent(&fresh.url).await.tokens().revoke(id, NOW).await.unwrap());
    assert!(wakes(&mut watch).await);
}

/// The thread that watches has let go of the file before the last connection closes.
async fn a_closed_database_that_was_watched_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.db"));
        let mut options = StoreOptions::default();
        options.listen = true;
        let url = format!("sqlite:{}", path.display());
        let store = DieselStore::connect(&url, &options).await.unwrap();
        // Closed at another moment of a look each time.
        for change in 0..=round {
            owner(&store, &format!("workshop-{change}@email.dk")).await;
        }
        drop(store);
        assert!(!path.with_extension("db-wal").exists(), "round {round}");
    }
}

async fn an_sqlite_database_has_no_other_feed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
    let refused = DieselStore::connect(&url, &apart("postgres://db.example/x".to_owned())).await;
    assert!(matches!(refused, Err(ConnectError::FeedUrl(_))), "{refused:?}");
}
