//! An upgrade without downtime: the version before (`tools/older` builds it) and this one on one database, and this one on
//! the tables of a later one.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use store_diesel::{DieselStore, StoreOptions};

use crate::support::client::{Connection, Request, Response};
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    Session, Workshop, basic, bearer, client, device, lives, logout, refresh, revoke, session, verify, workshop,
};

/// A law and its name; it gets the URL of an empty database.
type Law = (&'static str, fn(&str));

/// Laws that need the version before.
pub const BESIDE_OLDER: [Law; 3] = [
    (
        "two_versions_accept_and_revoke_each_others_tokens",
        two_versions_accept_and_revoke_each_others_tokens,
    ),
    (
        "a_session_that_both_versions_refresh_in_turns_goes_on",
        a_session_that_both_versions_refresh_in_turns_goes_on,
    ),
    (
        "an_upgrade_node_by_node_fails_no_request_and_loses_no_session",
        an_upgrade_node_by_node_fails_no_request_and_loses_no_session,
    ),
];

pub const LAWS: [Law; 1] = [(
    "a_node_starts_on_the_tables_of_a_later_version_if_those_let_it",
    a_node_starts_on_the_tables_of_a_later_version_if_those_let_it,
)];

/// How long something may take on a machine that is busy, in steps of `poll`.
const PATIENCE: usize = 6000;

const ROUNDS: usize = 5;

/// Clients during an upgrade, and how many answers they get between its steps at least.
const CLIENTS: usize = 4;
const ANSWERS: usize = 100;

/// Why the tests with the version before are skipped, or `None` where they run.
pub fn skip_reason() -> Option<&'static str> {
    let is_required = std::env::var_os("TESSERA_REQUIRE_OLDER").is_some_and(|value| value == "1");
    let is_missing = !program().is_file();
    (is_missing && !is_required).then_some("the version before is not built: tools/older builds it")
}

/// Where `tools/older` puts it.
fn program() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.expect("a target folder").join("tools/older/tessera")
}

fn older(url: &str) -> Setup {
    // It does not know this setting.
    let setup = Setup::demo().without_env("TESSERA_DATABASE__DEADLINE");
    setup.with_program(program()).database(url)
}

fn newer(url: &str) -> Setup {
    Setup::demo().database(url)
}

/// One of each version; the newer one has changed the tables under the older one.
fn both(url: &str) -> [Server; 2] {
    let before = older(url).start();
    [before, newer(url).start()]
}

/// With the other one as the issuer, too.
fn both_ways(nodes: &[Server; 2]) -> [(&Server, &Server); 2] {
    let [one, other] = nodes;
    [(one, other), (other, one)]
}

fn two_versions_accept_and_revoke_each_others_tokens(url: &str) {
    let before = older(url).start();
    let early = (device(&before), session(&before));
    let nodes = [before, newer(url).start()];
    for node in &nodes {
        assert!(lives(node, [bearer(&early.0)]) && lives(node, early.1.headers()));
    }
    for (issuer, other) in both_ways(&nodes) {
        let (held, token, shop) = (session(issuer), device(issuer), workshop(issuer));
        let partner = client(issuer, "ender@example.com");
        assert!(lives(other, held.headers()) && lives(other, [bearer(&token)]));
        assert!(lives(other, [bearer(&shop.token)]) && lives(other, [basic(&partner)]));
        assert_eq!(logout(issuer, held.headers()).status, 200);
        assert!(poll(PATIENCE, || !lives(other, held.headers())), "a log-out");
        assert_eq!(revoke(other, [bearer(&token)]).status, 200);
        assert!(poll(PATIENCE, || !lives(issuer, [bearer(&token)])), "a revocation");
        let next = Workshop::of(&refresh(other, &shop.refresh));
        let newest = Workshop::of(&refresh(issuer, &next.refresh));
        assert_eq!(
            refresh(other, &shop.refresh).status,
            401,
            "a token that was used long ago"
        );
        assert!(poll(PATIENCE, || !lives(issuer, [bearer(&newest.token)])), "a reuse");
    }
    let token = device(&nodes[0]);
    Operator::of(url).disable("players", "gmachia");
    for node in &nodes {
        assert!(poll(PATIENCE, || !lives(node, [bearer(&token)])), "a disabled account");
    }
}

fn a_session_that_both_versions_refresh_in_turns_goes_on(url: &str) {
    let nodes = both(url);
    for (first, second) in both_ways(&nodes) {
        let mut shop = workshop(first);
        for _ in 0..ROUNDS {
            for node in [second, first] {
                let answer = refresh(node, &shop.refresh);
                // The same answer from the other one: a client that got none tries again.
                let other = if std::ptr::eq(node, first) { second } else { first };
                let again = Workshop::of(&refresh(other, &shop.refresh));
                shop = Workshop::of(&answer);
                assert_eq!(again.refresh, shop.refresh);
                assert!(lives(first, [bearer(&shop.token)]) && lives(second, [bearer(&shop.token)]));
            }
        }
    }
}

/// Two nodes of the version before are replaced, one after the other, behind a balancer that looks at `/readyz`.
///
/// On SQLite that version takes each migration for another database, and answers 503 until it has read the revocations anew: a
/// request that gets one while the tables change is sent again. This version does not
/// (`a_migration_under_a_node_is_no_other_database` of store-diesel).
fn an_upgrade_node_by_node_fails_no_request_and_loses_no_session(url: &str) {
    let drains = |setup: Setup| setup.env("TESSERA_HTTP__DRAIN_DELAY", "5s").start();
    let nodes = [drains(older(url)), drains(older(url))];
    let balancer = Balancer::default();
    nodes.iter().for_each(|node| balancer.add(node.address()));
    let (is_over, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let go_on = || {
        let enough = answers.load(Ordering::SeqCst) + ANSWERS;
        let goes_on = poll(PATIENCE, || {
            answers.load(Ordering::SeqCst) >= enough || is_over.load(Ordering::SeqCst)
        });
        assert!(goes_on && !is_over.load(Ordering::SeqCst), "the clients get answers");
    };
    thread::scope(|scope| {
        let _end = Flag(&is_over);
        scope.spawn(|| balancer.look_until(&is_over));
        for number in 0..CLIENTS {
            let (balancer, answers, is_over) = (&balancer, &answers, &is_over);
            scope.spawn(move || {
                // One that fails ends the test.
                let _end = Flag(is_over);
                use_until(balancer, is_over, answers, number);
            });
        }
        go_on();
        balancer.sends_again.store(url.starts_with("sqlite:"), Ordering::SeqCst);
        let migrated = Setup::command("migrate").database(url).run();
        assert_eq!(migrated.code, Some(0), "{}", migrated.err);
        both_ways(&nodes)
            .into_iter()
            .for_each(|(node, other)| read_the_feed(node, other));
        balancer.sends_again.store(false, Ordering::SeqCst);
        go_on();
        let mut upgraded = Vec::new();
        for node in nodes {
            let address = node.address();
            node.stop();
            balancer.remove(address);
            let node = drains(newer(url));
            balancer.add(node.address());
            assert!(poll(PATIENCE, || balancer.ready().contains(&node.address())));
            go_on();
            upgraded.push(node);
        }
        is_over.store(true, Ordering::SeqCst);
    });
}

/// Waits until a node has read the feed: what the other one revoked from now on. Either may answer 503 meanwhile.
fn read_the_feed(node: &Server, other: &Server) {
    let sign_in = Dialect::Device.request(&Dialect::Device.good());
    let mut token = None;
    let signed_in = poll(PATIENCE, || {
        let answer = node.send(&sign_in);
        token = (answer.status == 200).then(|| answer.member("token"));
        token.is_some()
    });
    assert!(signed_in, "{}", node.err().text());
    let token = token.expect("signed in");
    let becomes = |status: u16| poll(PATIENCE, || verify(node, [bearer(&token)]).status == status);
    assert!(becomes(200), "{}", node.err().text());
    assert!(poll(PATIENCE, || revoke(other, [bearer(&token)]).status == 200));
    assert!(becomes(401), "{}", node.err().text());
}

/// What a client does all day; whatever is not answered as it must be is a panic.
fn use_until(balancer: &Balancer, is_over: &AtomicBool, answers: &AtomicUsize, number: usize) {
    let post = |path: &str, body: serde_json::Value| balancer.send(&Request::post(path).json(body));
    let signed_in = post(Dialect::Mechanics.path(), Dialect::Mechanics.good());
    let mut shop = Workshop::of(&signed_in);
    let mut round = number;
    while !is_over.load(Ordering::SeqCst) {
        shop = Workshop::of(&post(
            Dialect::Mechanics.path(),
            json!({ "refreshToken": shop.refresh }),
        ));
        let checked = balancer.send(&Request::get("/auth/verify").headers([bearer(&shop.token)]));
        assert_eq!(checked.status, 200, "{checked:?}");
        answers.fetch_add(2, Ordering::SeqCst);
        round += 1;
        if round.is_multiple_of(5 * CLIENTS) {
            let held = Session::of(&post(Dialect::Login.path(), Dialect::Login.good()));
            let ended = balancer.send(&Request::post("/logout").headers(held.headers()));
            assert_eq!(ended.status, 200, "{ended:?}");
            answers.fetch_add(2, Ordering::SeqCst);
        }
    }
}

/// Set when this is dropped, also by a panic.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sends requests in turns to the nodes that are ready, as a proxy does that looks at `/readyz`.
#[derive(Default)]
struct Balancer {
    nodes: Mutex<BTreeSet<SocketAddr>>,
    ready: Mutex<BTreeSet<SocketAddr>>,
    turn: AtomicUsize,
    /// Whether a request that gets a 503 is sent once more, to the node whose turn it is then.
    sends_again: AtomicBool,
}

impl Balancer {
    fn add(&self, node: SocketAddr) {
        lock(&self.nodes).insert(node);
    }

    fn remove(&self, node: SocketAddr) {
        lock(&self.nodes).remove(&node);
        lock(&self.ready).remove(&node);
    }

    fn ready(&self) -> BTreeSet<SocketAddr> {
        lock(&self.ready).clone()
    }

    fn look_until(&self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) {
            let nodes = lock(&self.nodes).clone();
            *lock(&self.ready) = nodes.into_iter().filter(is_ready).collect();
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A node that takes no connection has got nothing, so the request goes to the next.
    fn send(&self, request: &Request) -> Response {
        let sends_again = self.sends_again.load(Ordering::SeqCst);
        let mut answer: Option<Response> = None;
        let answered = poll(PATIENCE, || {
            let ready = self.ready();
            let turn = self.turn.fetch_add(1, Ordering::SeqCst);
            let node = ready.iter().nth(turn % ready.len().max(1));
            let connection = node.and_then(|node| Connection::open(*node).ok());
            answer = connection.map(|mut connection| connection.send(request));
            // The answer may be of the last moment in which that was so.
            let may_send_again = sends_again || self.sends_again.load(Ordering::SeqCst);
            answer
                .as_ref()
                .is_some_and(|answer| answer.status != 503 || !may_send_again)
        });
        assert!(answered, "no node is ready");
        answer.expect("it was answered")
    }
}

fn is_ready(node: &SocketAddr) -> bool {
    let answer = Connection::open(*node).and_then(|mut connection| {
        connection.write(&Request::get("/readyz").bytes(*node));
        connection.receive()
    });
    answer.is_ok_and(|answer| answer.status == 200)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn a_node_starts_on_the_tables_of_a_later_version_if_those_let_it(url: &str) {
    let running = newer(url).start();
    let shop = workshop(&running);
    run(
        url,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
    );
    let again = newer(url).start();
    assert!(again.err().text().contains("schema_newer"), "{}", again.err().text());
    let next = Workshop::of(&refresh(&again, &shop.refresh));
    assert!(lives(&running, [bearer(&next.token)]));
    let doctor = Setup::command("doctor").database(url).run();
    assert!(doctor.out.contains("29990101000000"), "{}", doctor.out);
    run(url, "DELETE FROM meta WHERE name = 'schema_needs'");
    let refused = newer(url).run();
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("29990101000000"), "{}", refused.err);
    assert!(lives(&running, [bearer(&next.token)]), "one that runs goes on");
}

/// Runs a statement that no port would.
fn run(url: &str, statement: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(url, &StoreOptions::patient()).await;
        let done = store.expect("a store").dangerous_execute(statement).await;
        done.expect("done");
    });
}
