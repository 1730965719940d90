//! Ten times what the server can do, for a minute. Targets: goodput 90 % of capacity or more, refusals under 100 ms, memory
//! flat, normal again within 5 s.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::capacity::logins_per_second;
use crate::client::{Client, LOGIN, source};
use crate::server::Server;
use crate::stats::{millis, percentile};

const FOR: Duration = Duration::from_secs(60);
const CLIENTS: usize = 400;

#[derive(Default)]
struct Tally {
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    other: usize,
}

pub fn run() {
    let server = Server::start();
    let capacity = logins_per_second(&server.address, 64, Duration::from_secs(10));
    let before = server.resident();
    let mut tally = flood(&server.address, capacity * 10.0);
    let during = server.resident();
    let recovered = recovery(&server.address);
    let goodput = tally.accepted.len() as f64 / FOR.as_secs_f64();
    let offered = (tally.accepted.len() + tally.refused.len() + tally.other) as f64 / FOR.as_secs_f64();
    println!("capacity {capacity:.1} logins/s, offered {offered:.1}/s, goodput {goodput:.1}/s");
    println!("goodput / capacity: {:.2} (target 0.9 or more)", goodput / capacity);
    println!(
        "accepted: p50 {:.0} ms, p99 {:.0} ms",
        millis(percentile(&mut tally.accepted, 0.5)),
        millis(percentile(&mut tally.accepted, 0.99))
    );
    println!(
        "refused: {} with p99 {:.0} ms (target under 100 ms)",
        tally.refused.len(),
        millis(percentile(&mut tally.refused, 0.99))
    );
    println!("answered otherwise or not at all: {}", tally.other);
    println!(
        "resident: {before} KiB before, {during} KiB after ({:+.0} %)",
        100.0 * (during as f64 / before as f64 - 1.0)
    );
    println!(
        "a lone login is normal again after {:.1} s (target within 5 s)",
        recovered.as_secs_f64()
    );
}

/// Each client begins a login at fixed times, and leaves one out if the one before is not answered yet.
fn flood(address: &str, rate: f64) -> Tally {
    let tally = Mutex::new(Tally::default());
    let every = Duration::from_secs_f64(CLIENTS as f64 / rate);
    let begun = Instant::now();
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let tally = &tally;
            scope.spawn(move || {
                let mut client = Client::new(address);
                let mut due = begun + every.mul_f64(number as f64 / CLIENTS as f64);
                while due < begun + FOR {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let answer = client.login(LOGIN, &source(number));
                    let mut tally = tally.lock().unwrap();
                    match answer.status {
                        200 => tally.accepted.push(answer.took),
                        503 | 429 => tally.refused.push(answer.took),
                        _ => tally.other += 1,
                    }
                    drop(tally);
                    while due <= Instant::now() {
                        due += every;
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

/// How long after the flood until three logins in a row take less than three times the usual.
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
