//! Checks beside a flood of logins: p99 of `/auth/verify` at 100 requests/s while 32 clients log in without pause, against
//! its p99 without logins. Target: at most 3, and no error.

use std::thread;
use std::time::{Duration, Instant};

use crate::capacity::logins_per_second;
use crate::client::{Client, token_headers};
use crate::server::Server;
use crate::stats::{millis, percentile};

const EVERY: Duration = Duration::from_millis(10);
const FOR: Duration = Duration::from_secs(10);
const ROUNDS: usize = 3;
const LOGINS: usize = 32;

pub fn run() {
    let server = Server::start();
    let headers = token_headers(&server.address);
    checks(&server.address, &headers, Duration::from_secs(2));
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (quiet, errors_quiet) = checks(&server.address, &headers, FOR);
        let (flooded, errors) = flooded_checks(&server.address, &headers);
        let (quiet_ms, flooded_ms) = (millis(quiet), millis(flooded));
        println!("p99 quiet {quiet_ms:.2} ms ({errors_quiet} errors), flooded {flooded_ms:.2} ms ({errors} errors)");
        ratios.push(flooded.as_secs_f64() / quiet.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "p99 flooded / quiet, median of {ROUNDS}: {:.2} (target 3 or less)",
        ratios[ROUNDS / 2]
    );
}

fn flooded_checks(address: &str, headers: &str) -> (Duration, usize) {
    thread::scope(|scope| {
        let flood = scope.spawn(|| logins_per_second(address, LOGINS, FOR + Duration::from_secs(2)));
        thread::sleep(Duration::from_secs(1));
        let outcome = checks(address, headers, FOR);
        println!("{:.1} logins/s meanwhile", flood.join().unwrap());
        outcome
    })
}

/// The p99 of checks begun at fixed times, counted from when each should have begun; and how many were not 200.
pub fn checks(address: &str, headers: &str, time: Duration) -> (Duration, usize) {
    let mut client = Client::new(address);
    let begun = Instant::now();
    let (mut times, mut errors) = (Vec::new(), 0);
    for number in 0..(time.as_millis() / EVERY.as_millis()) as u32 {
        let due = begun + EVERY * number;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let answer = client.send("GET", "/auth/verify", headers, "");
        errors += usize::from(answer.status != 200);
        times.push(due.elapsed());
    }
    (percentile(&mut times, 0.99), errors)
}
