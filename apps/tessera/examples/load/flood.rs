//! A flood of logins that are refused and come back at once: each client sends the next one as soon as the last is
//! answered, and ignores `Retry-After`. With 200 and with 2,000 connections, the server on one core and on two.
//!
//! Targets: goodput 0.9 of capacity or more, p99 of `/auth/verify` beside it at most 3 times its p99 when quiet, no wrong
//! answer, and a lone login works within 2 s after the flood.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::capacity::logins_per_second;
use crate::client::{Client, LOGIN, source, token_headers};
use crate::isolation::checks;
use crate::server::Server;
use crate::stats::{millis, percentile};

/// Each round measures the capacity, floods, and measures again: what a core does changes from minute to minute.
const ROUNDS: usize = 5;
const FOR: Duration = Duration::from_secs(6);
const CAPACITY_FOR: Duration = Duration::from_secs(4);
const QUIET_FOR: Duration = Duration::from_secs(3);

/// Not counted: the flood begins.
const WARM_UP: Duration = Duration::from_secs(2);

/// Which cores the server has, and which ones this program.
const PLACES: [(&str, &str); 2] = [("0", "1"), ("0,1", "0,1")];

#[derive(Default)]
struct Tally {
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    wrong: usize,
}

impl Tally {
    fn add(&mut self, mut other: Self) {
        self.accepted.append(&mut other.accepted);
        self.refused.append(&mut other.refused);
        self.wrong += other.wrong;
    }
}

pub fn run() {
    for (server, own) in PLACES {
        for connections in [200, 2000] {
            println!("-- the server on core {server}, {connections} connections");
            move_to(own);
            one(&Server::start_on(server, "info"), connections);
        }
    }
}

fn one(server: &Server, connections: usize) {
    let address = &*server.address;
    let headers = token_headers(address);
    logins_per_second(address, 64, Duration::from_secs(1));
    let mut capacity = logins_per_second(address, 64, CAPACITY_FOR);
    let (mut all, log) = (Tally::default(), server.logged());
    let (mut goodput, mut slower, mut lone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (quiet, errors_quiet) = checks(address, &headers, QUIET_FOR);
        let (tally, (beside, errors), alone) = flood(address, &headers, connections);
        let before = std::mem::replace(&mut capacity, logins_per_second(address, 64, CAPACITY_FOR));
        goodput.push(per_second(tally.accepted.len()) / before.midpoint(capacity));
        slower.push(beside.as_secs_f64() / quiet.as_secs_f64());
        lone.push(alone.as_secs_f64());
        all.add(tally);
        all.wrong += errors + errors_quiet;
    }
    report("goodput / capacity", "0.9 or more", &mut goodput);
    report(
        "p99 of checks beside the flood, times that when quiet",
        "3 or less",
        &mut slower,
    );
    report("seconds until a lone login works", "2 or less", &mut lone);
    let (accepted, refused) = (all.accepted.len() / ROUNDS, all.refused.len() / ROUNDS);
    println!(
        "accepted {:.0}/s, refused {:.0}/s",
        per_second(accepted),
        per_second(refused)
    );
    for (name, times) in [("accepted", &mut all.accepted), ("refused", &mut all.refused)] {
        let [p50, p99] = [0.5, 0.99].map(|share| millis(percentile(times, share)));
        println!("{name}: p50 {p50:.0} ms, p99 {p99:.0} ms");
    }
    let log = (server.logged() - log) / (FOR + WARM_UP).as_secs() / ROUNDS as u64;
    let (wrong, memory) = (all.wrong, server.resident());
    println!("wrong answers: {wrong} (target 0); log {log} bytes/s; {memory} KiB");
}

fn per_second(count: usize) -> f64 {
    count as f64 / FOR.as_secs_f64()
}

fn report(what: &str, target: &str, rounds: &mut [f64]) {
    rounds.sort_by(f64::total_cmp);
    let (least, median, most) = (rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
    println!("{what}: {median:.2}, in the rounds {least:.2} to {most:.2} (target {target})");
}

/// Bodies that nobody can log in with, in a closed loop of 200 connections on one core, beside 64 clients that log in.
/// Target: the logins are 0.9 of the capacity or more.
pub fn malformed() {
    let (place, own) = PLACES[0];
    move_to(own);
    let server = Server::start_on(place, "info");
    let address = &*server.address;
    logins_per_second(address, 64, Duration::from_secs(1));
    let mut capacity = logins_per_second(address, 64, CAPACITY_FOR);
    let (mut goodput, mut refused) = (Vec::new(), 0.0);
    for _ in 0..ROUNDS {
        let (done, malformed) = beside_malformed(address);
        let before = std::mem::replace(&mut capacity, logins_per_second(address, 64, CAPACITY_FOR));
        goodput.push(done / before.midpoint(capacity));
        refused += malformed / ROUNDS as f64;
    }
    println!("{refused:.0} malformed logins/s");
    report("goodput / capacity", "0.9 or more", &mut goodput);
}

/// The logins and the malformed ones of a second.
fn beside_malformed(address: &str) -> (f64, f64) {
    let stop = &AtomicBool::new(false);
    thread::scope(|scope| {
        let flood = |number| {
            move || {
                let (mut client, mut refused) = (Client::new(address), 0);
                while !stop.load(Ordering::Relaxed) {
                    refused += u32::from(client.login("{", &source(number)).status == 400);
                }
                refused
            }
        };
        let clients: Vec<_> = (1000..1200).map(|number| scope.spawn(flood(number))).collect();
        let done = logins_per_second(address, 64, FOR);
        stop.store(true, Ordering::Relaxed);
        let refused: u32 = clients.into_iter().map(|client| client.join().unwrap()).sum();
        (done, f64::from(refused) / FOR.as_secs_f64())
    })
}

/// The answers after the warm-up, the p99 of checks meanwhile, and the time from the flood's end to a lone login's success.
fn flood(address: &str, headers: &str, connections: usize) -> (Tally, (Duration, usize), Duration) {
    let (counting, stop) = (&AtomicBool::new(false), &AtomicBool::new(false));
    thread::scope(|scope| {
        let client = |number| move || one_client(address, number, counting, stop);
        let small = || thread::Builder::new().stack_size(128 << 10);
        let clients: Vec<_> = (0..connections)
            .map(|number| small().spawn_scoped(scope, client(number)).unwrap())
            .collect();
        thread::sleep(WARM_UP);
        counting.store(true, Ordering::Relaxed);
        let beside = checks(address, headers, FOR);
        stop.store(true, Ordering::Relaxed);
        let lone = until_a_login_works(address);
        let mut tally = Tally::default();
        for client in clients {
            tally.add(client.join().unwrap());
        }
        (tally, beside, lone)
    })
}

fn one_client(address: &str, number: usize, counting: &AtomicBool, stop: &AtomicBool) -> Tally {
    let (mut client, mut tally) = (Client::new(address), Tally::default());
    while !stop.load(Ordering::Relaxed) {
        let answer = client.login(LOGIN, &source(number));
        let counts = counting.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed);
        match answer.status {
            200 if counts => tally.accepted.push(answer.took),
            503 | 429 if counts => tally.refused.push(answer.took),
            200 | 503 | 429 => {}
            _ => tally.wrong += 1,
        }
    }
    tally
}

fn until_a_login_works(address: &str) -> Duration {
    let begun = Instant::now();
    let mut client = Client::new(address);
    while begun.elapsed() < Duration::from_secs(30) && client.login(LOGIN, "198.51.100.9").status != 200 {}
    begun.elapsed()
}

/// Moves this thread, and those it will start, to some cores.
fn move_to(cores: &str) {
    let own = std::process::id().to_string();
    let moved = Command::new("taskset")
        .args(["-c", "-p", cores, &own])
        .output()
        .unwrap();
    assert!(moved.status.success(), "{moved:?}");
}
