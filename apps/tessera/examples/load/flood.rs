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

const FOR: Duration = Duration::from_secs(20);
const CAPACITY_FOR: Duration = Duration::from_secs(8);
const QUIET_FOR: Duration = Duration::from_secs(5);

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
    let capacity = logins_per_second(address, 64, CAPACITY_FOR);
    let (quiet, errors_quiet) = checks(address, &headers, QUIET_FOR);
    let log = server.logged();
    let (mut tally, (beside, errors), lone) = flood(address, &headers, connections);
    let log = (server.logged() - log) / FOR.as_secs();
    let usual = capacity.midpoint(logins_per_second(address, 64, CAPACITY_FOR));
    let per_second = |count: usize| count as f64 / FOR.as_secs_f64();
    let (done, refused) = (per_second(tally.accepted.len()), per_second(tally.refused.len()));
    println!("capacity {usual:.1} logins/s; during the flood {done:.1}/s accepted, {refused:.0}/s refused");
    println!("goodput / capacity: {:.2} (target 0.9 or more)", done / usual);
    let [p50, p99] = [0.5, 0.99].map(|share| millis(percentile(&mut tally.accepted, share)));
    println!("accepted: p50 {p50:.0} ms, p99 {p99:.0} ms");
    let [p50, p99] = [0.5, 0.99].map(|share| millis(percentile(&mut tally.refused, share)));
    println!("refused: p50 {p50:.0} ms, p99 {p99:.0} ms");
    let (quiet, beside) = (millis(quiet), millis(beside));
    println!(
        "p99 of checks: quiet {quiet:.2} ms, beside the flood {beside:.2} ms: {:.1} times (target 3 or less)",
        beside / quiet
    );
    let wrong = tally.wrong + errors + errors_quiet;
    println!(
        "wrong answers: {wrong} (target 0); log {log} bytes/s; {} KiB",
        server.resident()
    );
    println!(
        "a lone login works after {:.2} s (target within 2 s)",
        lone.as_secs_f64()
    );
}

/// Bodies that nobody can log in with, in a closed loop of 200 connections on one core, beside 64 clients that log in.
/// Target: the logins are 0.9 of the capacity or more.
pub fn malformed() {
    let (place, own) = PLACES[0];
    move_to(own);
    let server = Server::start_on(place, "info");
    let (address, stop) = (&*server.address, &AtomicBool::new(false));
    logins_per_second(address, 64, Duration::from_secs(1));
    let capacity = logins_per_second(address, 64, CAPACITY_FOR);
    let (done, refused) = thread::scope(|scope| {
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
    });
    println!("capacity {capacity:.1} logins/s; beside {refused:.0} malformed logins/s {done:.1}/s");
    println!("goodput / capacity: {:.2} (target 0.9 or more)", done / capacity);
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
            let mut one = client.join().unwrap();
            tally.accepted.append(&mut one.accepted);
            tally.refused.append(&mut one.refused);
            tally.wrong += one.wrong;
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
