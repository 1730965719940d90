//! How long the other nodes go on after a command has answered: a disabled account, a role with fewer permissions, a key that
//! is replaced in an emergency. Target: that of a revocation.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{NODES, refusals};
use crate::client::Client;
use crate::server::Server;
use crate::stats::{millis, percentile};

/// How often each is measured, on each node.
const ROUNDS: usize = 30;

/// What a client asks, and what it gets from a node that knows of the change.
struct Question {
    token: String,
    path: &'static str,
    refusal: u16,
}

pub(super) fn measure(name: &str, nodes: &[Server]) {
    for (what, round) in [
        ("a disabled account", disabled as fn(&[Server]) -> Vec<Duration>),
        ("a role without a permission", role),
        ("a key replaced in an emergency", key),
    ] {
        let mut times: Vec<_> = (0..ROUNDS).flat_map(|_| round(nodes)).collect();
        println!(
            "{name}: {what}: from the command's answer to the refusal on each of {NODES} nodes, {} times: \
             p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            times.len(),
            millis(percentile(&mut times, 0.5)),
            millis(percentile(&mut times, 0.99)),
            millis(percentile(&mut times, 1.0)),
        );
    }
}

fn disabled(nodes: &[Server]) -> Vec<Duration> {
    let asked = Question {
        token: player(&nodes[0]),
        path: "/auth/verify",
        refusal: 401,
    };
    let command = ["account", "disable", "--realm", "players", "--login", "gmachia"];
    let times = after(nodes, &asked, &command);
    nodes[0].command(&["account", "enable", "--realm", "players", "--login", "gmachia"]);
    times
}

fn role(nodes: &[Server]) -> Vec<Duration> {
    let put = ["role", "put", "--realm", "players", "--name", "jugador"];
    let with = |permission| [&put[..], &["--permission", permission]].concat();
    nodes[0].command(&with("measured"));
    let asked = Question {
        token: player(&nodes[0]),
        path: "/auth/verify?permission=measured",
        refusal: 403,
    };
    after(nodes, &asked, &with("another"))
}

fn key(nodes: &[Server]) -> Vec<Duration> {
    let login = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;
    let asked = Question {
        token: signed_in(&nodes[0], "/api/v2/mechanics/tokens", login),
        path: "/auth/verify",
        refusal: 401,
    };
    after(
        nodes,
        &asked,
        &["key", "rotate", "--flavour", "mechanics", "--emergency", "--yes"],
    )
}

fn player(node: &Server) -> String {
    let login = r#"{"email_or_username":"gmachia","password":"9yUQc%ewEf^(Tw4","device_name":"load"}"#;
    signed_in(node, "/api/tokens/create", login)
}

fn signed_in(node: &Server, path: &str, login: &str) -> String {
    // Right after a change a node that has not read it yet may refuse.
    for _ in 0..1000 {
        let json = "content-type: application/json\r\n";
        let answer = Client::new(&node.address).send("POST", path, json, login);
        if answer.status == 200 {
            let body: serde_json::Value = serde_json::from_str(&answer.body).expect("an answer");
            return body["token"].as_str().expect("a token").to_owned();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nobody can sign in at {path}");
}

/// Runs a command, and asks every node until it refuses.
fn after(nodes: &[Server], asked: &Question, command: &[&str]) -> Vec<Duration> {
    let mut clients: Vec<Client> = nodes.iter().map(|node| Client::new(&node.address)).collect();
    let head = format!("authorization: Bearer {}\r\n", asked.token);
    let status = |client: &mut Client| client.send("GET", asked.path, &head, "").status;
    for client in &mut clients {
        while status(client) != 200 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    let answered = answer_of(&nodes[0], command);
    refusals(&mut clients, answered, |client| status(client) == asked.refusal)
}

/// When a command has printed the first of its answer. It succeeds.
fn answer_of(node: &Server, command: &[&str]) -> Instant {
    let mut child = node.spawned(command).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut out = child.stdout.take().expect("piped");
    let begun = out.read(&mut [0; 1]);
    let answered = Instant::now();
    assert_eq!(begun.expect("it prints"), 1, "{command:?} prints nothing");
    std::io::copy(&mut out, &mut std::io::sink()).expect("the rest");
    assert!(child.wait().expect("it was started").success(), "{command:?}");
    answered
}
