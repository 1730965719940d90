//! Three servers on one database, while 500 tokens are revoked a second: the time from the answer to a revocation until
//! every other server refuses the token. Target: 50 ms at the 99th percentile. What three servers cost that do nothing. And how
//! long they go on after an account was disabled, a role was edited or a key was replaced.

mod changes;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store_diesel::Cluster;

use crate::client::Client;
use crate::server::Server;
use crate::stats::{millis, percentile};

const NODES: usize = 3;
const RATE: u32 = 500;
const FOR: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(10);

/// Those that revoke without measuring.
const REVOKERS: usize = 20;

/// The pause between two measured revocations, and between two questions to a node whether it refuses.
const PAUSE: Duration = Duration::from_millis(40);
const PROBE: Duration = Duration::from_millis(1);

const SETTINGS: [(&str, &str); 3] = [
    ("TESSERA_PARTNERS__CALLS_PER_MINUTE", "1000000000"),
    ("TESSERA_PARTNERS__CLIENTS_PER_HOUR", "1000000000"),
    ("TESSERA_RESOURCE_SERVERS__CALLS_PER_MINUTE", "1000000000"),
];

pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    measure(
        "sqlite",
        &format!("sqlite:{}", folder.path().join("nodes.db").display()),
    );
    match Cluster::skip_reason() {
        None => {
            let cluster = Cluster::start(&["-c", "fsync=on", "-c", "full_page_writes=on"]).unwrap();
            measure("postgres", &cluster.database());
        }
        Some(why) => println!("postgres: skipped: {why}"),
    }
}

fn measure(name: &str, database: &str) {
    let nodes: Vec<Server> = (0..NODES).map(|_| Server::on(database, &SETTINGS)).collect();
    idle(name, &nodes);
    changes::measure(name, &nodes);
    let tokens = tokens(&nodes, RATE as usize * FOR.as_secs() as usize);
    let next = AtomicUsize::new(0);
    let take = || tokens.get(next.fetch_add(1, Ordering::Relaxed)).map(String::as_str);
    let begun = Instant::now();
    let mut times = thread::scope(|scope| {
        for revoker in 0..REVOKERS {
            let (node, take) = (&nodes[revoker % NODES], &take);
            scope.spawn(move || revoke_steadily(node, begun, revoker, take));
        }
        measured(&nodes, begun, &take)
    });
    let revoked = next.load(Ordering::Relaxed).min(tokens.len());
    println!(
        "{name}: {:.0} revocations/s; from the answer to the refusal on each of {} other nodes, {} times: \
         p50 {:.1} ms, p99 {:.1} ms (target 50), longest {:.1} ms",
        revoked as f64 / begun.elapsed().as_secs_f64(),
        NODES - 1,
        times.len(),
        millis(percentile(&mut times, 0.5)),
        millis(percentile(&mut times, 0.99)),
        millis(percentile(&mut times, 1.0)),
    );
}

/// What the nodes do while nobody asks.
fn idle(name: &str, nodes: &[Server]) {
    thread::sleep(Duration::from_secs(5));
    let look = || nodes.iter().map(|node| (reads(node), node.busy())).collect::<Vec<_>>();
    let before = look();
    thread::sleep(IDLE);
    let seconds = IDLE.as_secs_f64();
    for ((reads_before, busy_before), (reads, busy)) in before.into_iter().zip(look()) {
        println!(
            "{name}: an idle node reads the feed {:.2} times a second and uses {:.2} % of a core",
            (reads - reads_before) / seconds,
            (busy - busy_before).as_secs_f64() / seconds * 100.0
        );
    }
}

/// How often it has read the feed.
fn reads(node: &Server) -> f64 {
    let page = Client::new(&node.address).send("GET", "/metrics", "", "").body;
    let line = page.lines().find(|line| line.starts_with("tessera_feed_reads_total"));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Tokens of as many clients.
fn tokens(nodes: &[Server], count: usize) -> Vec<String> {
    let issue = |part: usize| {
        let mut client = Client::new(&nodes[0].address);
        let numbers = (0..count).filter(|number| number % REVOKERS == part);
        let issue = |number| {
            let body = format!(
                r#"{{"email":"c{number}@example.com","name":"C","consumer":{{"key":"demo-key","token":"demo-token-7f3c9a51"}},"organization_id":171}}"#
            );
            let json = "content-type: application/json\r\n";
            let answer = client.send("POST", "/api/v1/integration/auth/token", json, &body);
            let body: serde_json::Value = serde_json::from_str(&answer.body).expect("an answer");
            body["token"].as_str().expect("a token").to_owned()
        };
        numbers.map(issue).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let parts: Vec<_> = (0..REVOKERS).map(|part| scope.spawn(move || issue(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// Revokes at fixed times.
fn revoke_steadily<'t>(node: &Server, begun: Instant, revoker: usize, take: &(dyn Fn() -> Option<&'t str> + Sync)) {
    let mut client = Client::new(&node.address);
    let every = Duration::from_secs(REVOKERS as u64) / RATE;
    let mut due = begun + every * revoker as u32 / REVOKERS as u32;
    while begun.elapsed() < FOR {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let Some(token) = take() else { return };
        revoke(&mut client, token);
        due += every;
    }
}

fn revoke(client: &mut Client, token: &str) {
    let basic = STANDARD.encode("demo-rs:demo-rs-secret");
    let head = format!("authorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    let body = format!("token={}", token.replace('|', "%7C"));
    let answer = client.send("POST", "/oauth/revoke", &head, &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Revokes one token after the other, on each node in turn, and measures how long the others accept it.
fn measured<'t>(nodes: &[Server], begun: Instant, take: &(dyn Fn() -> Option<&'t str> + Sync)) -> Vec<Duration> {
    let mut clients: Vec<Client> = nodes.iter().map(|node| Client::new(&node.address)).collect();
    let mut times = Vec::new();
    for turn in 0.. {
        let Some(token) = take().filter(|_| begun.elapsed() < FOR) else {
            break;
        };
        // From here on every node has its record in memory.
        for client in &mut clients {
            assert_eq!(status(client, token), 200);
        }
        clients.rotate_left(turn % NODES);
        let (first, others) = clients.split_first_mut().unwrap();
        revoke(first, token);
        let answered = Instant::now();
        times.extend(refusals(others, answered, |client| status(client, token) == 401));
        thread::sleep(PAUSE);
    }
    times
}

/// How long after `answered` each node refuses.
fn refusals(clients: &mut [Client], answered: Instant, refuses: impl Fn(&mut Client) -> bool + Sync) -> Vec<Duration> {
    let wait = |client: &mut Client| {
        while !refuses(client) {
            thread::sleep(PROBE);
        }
        answered.elapsed()
    };
    thread::scope(|scope| {
        let waiting: Vec<_> = clients.iter_mut().map(|client| scope.spawn(|| wait(client))).collect();
        waiting.into_iter().map(|node| node.join().unwrap()).collect()
    })
}

fn status(client: &mut Client, token: &str) -> u16 {
    let head = format!("authorization: Bearer {token}\r\n");
    client.send("GET", "/auth/verify", &head, "").status
}
