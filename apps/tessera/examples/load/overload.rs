//! Ten times what the server can do, for a minute. Targets: goodput 90 % of capacity or more, refusals under 100 ms, memory
//! flat, normal again within 5 s.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::capacity::logins_per_second;
use crate::client::{Client, LOGIN, source};
use crate::server::Server;
use crate::stats::{millis, percentile};

const FOR: Duration = Duration::from_secs(60);

/// For twice as much as it can do.
const TWICE_FOR: Duration = Duration::from_secs(20);

/// Enough that one is always free to begin the next login while others wait.
const CLIENTS: usize = 600;

#[derive(Default)]
struct Tally {
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    other: usize,
}

/// Twice what the server can do. Target: p99 of the accepted logins under 2 s.
pub fn twice() {
    let server = Server::start();
    let capacity = logins_per_second(&server.address, 64, Duration::from_secs(5));
    let (mut tally, _) = flood(&server, capacity * 2.0, TWICE_FOR);
    println!("capacity {capacity:.1} logins/s, twice that offered");
    print_times("accepted", &mut tally.accepted, " (target: p99 under 2 s)");
    print_times("refused", &mut tally.refused, "");
    println!("answered otherwise or not at all: {}", tally.other);
}

pub fn run() {
    let server = Server::start();
    let capacity = logins_per_second(&server.address, 64, Duration::from_secs(10));
    let before = server.resident();
    let (mut tally, resident) = flood(&server, capacity * 10.0, FOR);
    let recovered = recovery(&server.address);
    let capacity_after = logins_per_second(&server.address, 64, Duration::from_secs(10));
    let per_second = |count: usize| count as f64 / FOR.as_secs_f64();
    let goodput = per_second(tally.accepted.len());
    let offered = per_second(tally.accepted.len() + tally.refused.len() + tally.other);
    println!(
        "capacity {capacity:.1} logins/s before, {capacity_after:.1} after; offered {offered:.1}/s, goodput {goodput:.1}/s"
    );
    let usual = capacity.midpoint(capacity_after);
    println!("offered / capacity: {:.1}", offered / usual);
    println!("goodput / capacity: {:.2} (target 0.9 or more)", goodput / usual);
    print_times("accepted", &mut tally.accepted, "");
    print_times("refused", &mut tally.refused, " (target: all under 100 ms)");
    println!("answered otherwise or not at all: {}", tally.other);
    println!("resident: {before} KiB before; every ten seconds of the flood {resident:?} KiB (target: flat)");
    println!(
        "a lone login is normal again after {:.1} s (target within 5 s)",
        recovered.as_secs_f64()
    );
}

fn print_times(what: &str, times: &mut [Duration], target: &str) {
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| millis(percentile(times, share)));
    println!(
        "{what}: {}, p50 {p50:.0} ms, p99 {p99:.0} ms, longest {most:.0} ms{target}",
        times.len()
    );
}

/// Starts logins at fixed times, each with a free client; returns the results and the server's memory during the flood.
fn flood(server: &Server, rate: f64, time: Duration) -> (Tally, Vec<u64>) {
    let tally = Mutex::new(Tally::default());
    let (next, begun) = (AtomicU32::new(0), Instant::now());
    let every = Duration::from_secs_f64(1.0 / rate);
    let resident = thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (tally, next) = (&tally, &next);
            scope.spawn(move || {
                let mut client = Client::new(&server.address);
                loop {
                    let due = begun + every * next.fetch_add(1, Ordering::Relaxed);
                    if due >= begun + time {
                        return;
                    }
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let answer = client.login(LOGIN, &source(number));
                    let mut tally = tally.lock().unwrap();
                    match answer.status {
                        200 => tally.accepted.push(answer.took),
                        503 | 429 => tally.refused.push(answer.took),
                        _ => tally.other += 1,
                    }
                }
            });
        }
        let memory = |number| {
            thread::sleep((begun + time / 6 * number).saturating_duration_since(Instant::now()));
            server.resident()
        };
        (1..=6).map(memory).collect()
    });
    (tally.into_inner().unwrap(), resident)
}

/// The time after the flood until three logins in a row take less than three times as long as usual.
fn recovery(address: &str) -> Duration {
    let begun = Instant::now();
    let mut client = Client::new(address);
    let usual = crate::stats::one_hash() * 3;
    let mut good = 0;
    while good < 3 && begun.elapsed() < Duration::from_secs(30) {
        let answer = client.login(LOGIN, "198.51.100.9");
        good = if answer.status == 200 && answer.took < usual {
            good + 1
        } else {
            0
        };
    }
    begun.elapsed()
}
