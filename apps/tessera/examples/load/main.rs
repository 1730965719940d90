//! Load programs: what the server does under logins without pause, and how that compares with one hash.
//!
//! ```text
//! cargo build --release && cargo run --release --example load -- all
//! cargo run --release --example load -- capacity|lone|isolation|twice|overload|flood|malformed|timing|verify|metrics|connections|nodes|audit
//! ```
//!
//! Each starts a server of its own on loopback (the release binary beside this program), runs for a bounded time, and
//! prints ratios; only ratios can be compared between machines. Do not use the machine for other work meanwhile.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]
#![allow(clippy::disallowed_methods, reason = "a load program measures real time")]
#![allow(
    clippy::unwrap_used,
    reason = "a load program may stop where something is not as it should be"
)]

mod audit;
mod capacity;
mod client;
mod connections;
mod flood;
mod isolation;
mod lone;
mod metrics;
mod nodes;
mod overload;
mod server;
mod stats;
mod timing;
mod verify;

type Run = fn();

const RUNS: [(&str, Run); 13] = [
    ("lone", lone::run),
    ("capacity", capacity::run),
    ("isolation", isolation::run),
    ("twice", overload::twice),
    ("overload", overload::run),
    ("flood", flood::run),
    ("malformed", flood::malformed),
    ("timing", timing::run),
    ("verify", verify::run),
    ("metrics", metrics::run),
    ("connections", connections::run),
    ("nodes", nodes::run),
    ("audit", audit::run),
];

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let chosen = RUNS.iter().filter(|(name, _)| wanted == "all" || wanted == *name);
    let mut ran = 0;
    for (name, run) in chosen {
        println!("== {name}");
        run();
        ran += 1;
    }
    if ran == 0 {
        let names: Vec<&str> = RUNS.iter().map(|(name, _)| *name).collect();
        eprintln!("choose what to run: all, or one of {}", names.join(", "));
        std::process::exit(2);
    }
}
