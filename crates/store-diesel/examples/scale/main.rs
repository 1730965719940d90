//! What a store costs with 10,000, 1,000,000 and 10,000,000 tokens, as ratios over the least that its database can do.
//!
//! ```text
//! cargo run --release -p store-diesel --features test-support --example scale -- fill URL TOKENS
//! cargo run … -- fill-console URL ROWS
//! cargo run … -- measure URL TOKENS FOLDER
//! cargo run … -- clean-up URL TOKENS FOLDER
//! cargo run … -- draw FOLDER IMAGES
//! ```
//!
//! `fill` writes into an empty database only: one with anything in it that it did not write itself is refused. With the tokens
//! go a tenth as many accounts, expired tokens and revocations, of these 100,000 at most. `fill-console` writes as many accounts
//! and audit entries as tokens (tools/console-scale). `measure` and `clean-up` write a
//! line of JSON each into FOLDER, and `draw` makes the curves of docs/SCALING.md of them. Figures can be compared within one
//! machine and database only, and while it does nothing else.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a program is reachable")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program reads the clock, prints, and may stop where something is not as it should be"
)]

mod clean_up;
mod curves;
mod figures;
mod measure;
mod timing;
mod work;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use auth_core::{Clock, SystemClock, Timestamp};
use store_diesel::{DieselStore, Filling, StoreOptions};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.expect("threads");
    let done = match words.as_slice() {
        ["fill", url, tokens] => runtime.block_on(fill(url, filling(tokens))),
        ["fill-console", url, rows] => runtime.block_on(fill(url, of_a_console(rows))),
        ["measure", url, tokens, folder] => runtime.block_on(measure::run(url, filling(tokens), folder)),
        ["clean-up", url, tokens, folder] => runtime.block_on(clean_up::run(url, filling(tokens), folder)),
        ["draw", folder, images] => curves::draw(folder, images),
        _ => Err("usage: scale fill URL TOKENS | fill-console URL ROWS | measure URL TOKENS FOLDER | clean-up URL TOKENS FOLDER | draw FOLDER IMAGES".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

type Done = Result<(), Box<dyn std::error::Error>>;

fn filling(tokens: &str) -> Filling {
    let tokens: u64 = tokens.parse().expect("TOKENS is a number, such as 1000000");
    Filling {
        tokens,
        accounts: tokens / 10,
        expired: tokens / 10,
        revocations: (tokens / 10).min(100_000),
        audit_entries: 0,
    }
}

fn of_a_console(rows: &str) -> Filling {
    let rows: u64 = rows.parse().expect("ROWS is a number, such as 1000000");
    Filling {
        accounts: rows,
        audit_entries: rows,
        ..filling(&rows.to_string())
    }
}

async fn fill(url: &str, filling: Filling) -> Done {
    // A transaction of the filling is a large one.
    let mut options = StoreOptions::default();
    options.deadline = Duration::from_secs(600);
    let store = DieselStore::connect(url, &options).await?;
    let start = Instant::now();
    let progress = |done, of| {
        if done % 1_000_000 == 0 || done == of {
            println!("{done} of {of} tokens after {:.0} s", start.elapsed().as_secs_f64());
        }
    };
    filling.fill(&store, now(), progress).await?;
    Ok(())
}

fn now() -> Timestamp {
    SystemClock::new().now()
}

async fn connect(url: &str) -> Result<DieselStore, store_diesel::ConnectError> {
    DieselStore::connect(url, &StoreOptions::default()).await
}
