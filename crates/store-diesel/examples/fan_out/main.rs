//! What 1, 10, 100 and 1,000 nodes ask of one PostgreSQL, idle and while tokens are revoked.
//!
//! ```text
//! cargo run --release -p store-diesel --features test-support --example fan_out -- URL [SECONDS]
//! ```
//!
//! URL is an empty database, or one that this has filled, of a server on this machine that allows 1,100 connections. Each node is
//! one connection, which does what the feed's connection of a server does: it listens, reads within 10 ms of a notice, and
//! otherwise every 0.9 s. Nodes, clients and the database share the machine, so the capacity that is left to the database is
//! smaller than on a machine of its own; the work for one read is the same.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program reads the clock, prints, and may stop where something is not as it should be"
)]

mod node;
mod processes;
mod revoker;

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auth_core::{Clock, SystemClock, Timestamp};
use store_diesel::{DieselStore, Filling, StoreOptions};
use tokio::sync::watch;

use crate::processes::Processes;

const NODES: [usize; 4] = [1, 10, 100, 1000];

/// Revocations a second.
const RATES: [u32; 3] = [0, 100, 500];

/// Enough tokens to be revoked.
const FILLING: Filling = Filling {
    tokens: 200_000,
    accounts: 20_000,
    expired: 0,
    revocations: 1,
    audit_entries: 0,
};

/// When each token's revocation was answered.
pub type Answered = Arc<Mutex<HashMap<i64, Instant>>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (url, seconds) = match words.as_slice() {
        [url] => (url, 10),
        [url, seconds] => (url, seconds.parse().expect("SECONDS is a number, such as 10")),
        _ => {
            eprintln!("usage: fan_out URL [SECONDS]");
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime
        .expect("threads")
        .block_on(run(url, Duration::from_secs(seconds)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str, time: Duration) -> Result<(), Box<dyn Error>> {
    let store = DieselStore::connect(url, &StoreOptions::default()).await?;
    FILLING.fill(&store, now(), |_, _| ()).await?;
    let processes = Processes::of(&store).await;
    let mut revoked = processes.already_revoked;
    println!(
        "| nodes | revocations/s, asked and done | reads/s | cores of the database | µs of it for a read | late p50, ms | p99, ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for nodes in NODES {
        for rate in RATES {
            revoked = measure(url, &store, &processes, nodes, rate, revoked, time).await?;
        }
    }
    Ok(())
}

/// One row. `first` is the number of the first token that is not revoked yet; the answer is the next.
async fn measure(
    url: &str,
    store: &DieselStore,
    processes: &Processes,
    nodes: usize,
    rate: u32,
    first: u64,
    time: Duration,
) -> Result<u64, Box<dyn Error>> {
    let answered = Answered::default();
    let (end, ended) = watch::channel(false);
    let mut running = Vec::new();
    for place in 0..nodes {
        running.push(node::start(url, place, answered.clone(), ended.clone()).await?);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (reads, cpu, start) = (node::reads(), processes.cpu(), Instant::now());
    let next = revoker::revoke(store, rate, first, time, &answered).await;
    let passed = start.elapsed().as_secs_f64();
    let reads = (node::reads() - reads) as f64 / passed;
    let cores = (processes.cpu() - cpu).as_secs_f64() / passed;
    // The last ones arrive.
    tokio::time::sleep(Duration::from_secs(2)).await;
    end.send(true)?;
    let mut late = Vec::new();
    for node in running {
        late.extend(node.await?);
    }
    late.sort_unstable();
    let quantile = |share: f64| match late.len() {
        0 => "-".to_owned(),
        count => format!("{:.1}", f64::from(late[((count - 1) as f64 * share) as usize]) / 1000.0),
    };
    println!(
        "| {nodes} | {rate}, {:.0} | {reads:.0} | {cores:.2} | {:.0} | {} | {} |",
        (next - first) as f64 / passed,
        cores / reads * 1e6,
        quantile(0.5),
        quantile(0.99),
    );
    Ok(next)
}

fn now() -> Timestamp {
    SystemClock::new().now()
}
